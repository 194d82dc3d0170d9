import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { ProcoreAuthProvider } from "procore-spa-auth/react";
import { auth } from "./auth";
import { queryClient } from "./queries";
import { router } from "./router";

createRoot(document.getElementById("root")!).render(
  <ProcoreAuthProvider auth={auth} signIn="manual" navigate={(to) => router.navigate({ href: to, replace: true })}>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </ProcoreAuthProvider>,
);
