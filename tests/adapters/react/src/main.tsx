import { createRoot } from "react-dom/client";
import { createBrowserRouter } from "react-router";
import { RouterProvider } from "react-router/dom";
import { ProcoreAuthProvider, RequireSession } from "procore-spa-auth/react";
import { auth } from "./auth";
import { Entrance } from "./entrance";
import { Page } from "./page";

const router = createBrowserRouter([{ path: "*", element: <Page /> }]);

createRoot(document.getElementById("root")!).render(
  <ProcoreAuthProvider auth={auth} navigate={(to) => router.navigate(to, { replace: true })}>
    <RequireSession fallback={<Entrance />}>
      <RouterProvider router={router} />
    </RequireSession>
  </ProcoreAuthProvider>,
);
