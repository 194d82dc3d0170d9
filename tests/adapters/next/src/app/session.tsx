"use client";

import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { ProcoreAuthProvider, RequireSession } from "procore-spa-auth/react";
import { auth } from "../auth";
import { Entrance } from "../entrance";

export function Session({ children }: { children: ReactNode }) {
  const router = useRouter();
  return (
    <ProcoreAuthProvider auth={auth} navigate={(to) => router.replace(to)}>
      <RequireSession fallback={<Entrance />}>{children}</RequireSession>
    </ProcoreAuthProvider>
  );
}
