import { StrictMode, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { Outlet, createBrowserRouter, useNavigate } from "react-router";
import { RouterProvider } from "react-router/dom";
import { ProcoreAuthProvider, RequireSession, useProcoreAuth } from "procore-spa-auth/react";
import { auth } from "./auth";
import { Entrance } from "./entrance";
import { Page } from "./page";

function Greeting() {
  const { status } = useProcoreAuth();
  const navigate = useNavigate();
  return (
    <main>
      <p id="status">{status}</p>
      <button id="inside" onClick={() => navigate("/public/inside?tab=2#end")}>Inside</button>
    </main>
  );
}

/** As what counts visits does it. */
function Reporter() {
  useEffect(() => document.body.setAttribute("data-reported", `${document.body.dataset.reported ?? ""} ${location.href}`), []);
  return null;
}

const guard = (
  <RequireSession fallback={<Entrance />}>
    <Outlet />
  </RequireSession>
);
const routes = [
  { path: "/public/inside", element: guard, children: [{ index: true, element: <Page /> }] },
  { path: "*", element: <Greeting /> },
];
const router = createBrowserRouter(routes);

const mount = () => {
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  root.render(
    <StrictMode>
      <ProcoreAuthProvider auth={auth} signIn="manual" navigate={(to) => router.navigate(to, { replace: true })}>
        <Reporter />
        <RouterProvider router={router} />
      </ProcoreAuthProvider>
    </StrictMode>,
  );
  return root;
};

// As a module that is loaded anew does it.
mount().unmount();
mount();
