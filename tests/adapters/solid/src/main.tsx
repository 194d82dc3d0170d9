import { Route, Router } from "@solidjs/router";
import { ProcoreAuthProvider, RequireSession } from "procore-spa-auth/solid";
import { render } from "solid-js/web";
import { auth } from "./auth";
import { Entrance } from "./entrance";
import { Page } from "./page";

render(
  () => (
    <ProcoreAuthProvider auth={auth}>
      <RequireSession fallback={<Entrance />}>
        <Router>
          <Route path="*" component={Page} />
        </Router>
      </RequireSession>
    </ProcoreAuthProvider>
  ),
  document.getElementById("root")!,
);
