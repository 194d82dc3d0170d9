import { Route, Router, useNavigate } from "@solidjs/router";
import { ProcoreAuthProvider, RequireSession, useProcoreAuth } from "procore-spa-auth/solid";
import { render } from "solid-js/web";
import { auth } from "./auth";
import { Entrance } from "./entrance";
import { Page } from "./page";

function Greeting() {
  const { status } = useProcoreAuth();
  const navigate = useNavigate();
  return (
    <main>
      <p id="status">{status()}</p>
      <button id="inside" onClick={() => navigate("/public/inside?tab=2#end")}>Inside</button>
    </main>
  );
}

const Inside = () => (
  <RequireSession fallback={<Entrance />}>
    <Page />
  </RequireSession>
);

const mount = () =>
  render(
    () => (
      <ProcoreAuthProvider auth={auth} signIn="manual">
        <Router>
          <Route path="/public/inside" component={Inside} />
          <Route path="*" component={Greeting} />
        </Router>
      </ProcoreAuthProvider>
    ),
    document.body.appendChild(document.createElement("div")),
  );

// As a module that is loaded anew does it.
mount()();
mount();
