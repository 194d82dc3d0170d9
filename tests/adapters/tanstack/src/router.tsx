import { Outlet, createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { RequireSession } from "procore-spa-auth/react";
import { auth } from "./auth";
import { Entrance } from "./entrance";
import { Page } from "./page";
import { answer, queryClient } from "./queries";

/** Resolves as soon as somebody is signed in: until then no loader runs. */
async function signedIn() {
  while (!auth.session.signedIn) {
    await new Promise<void>((next) => {
      const stop = auth.subscribe(() => {
        stop();
        next();
      });
    });
  }
}

const root = createRootRoute();
const callback = createRoute({ getParentRoute: () => root, path: "/callback", component: Entrance });
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: signedIn,
  pendingMs: 0,
  pendingComponent: () => <RequireSession fallback={<Entrance />} />,
  component: () => (
    <RequireSession fallback={<Entrance />}>
      <Outlet />
    </RequireSession>
  ),
});
const page = createRoute({
  getParentRoute: () => inside,
  path: "$",
  loader: () => queryClient.prefetchQuery(answer(auth.session.id, "/rest/v1.0/companies")),
  component: Page,
});

export const router = createRouter({ routeTree: root.addChildren([callback, inside.addChildren([page])]) });
