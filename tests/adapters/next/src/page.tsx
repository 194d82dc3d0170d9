"use client";

import { usePathname } from "next/navigation";
import { useEffect, useState } from "react";
import { useProcoreAuth } from "procore-spa-auth/react";

export function Page() {
  const { user, fetch, signOut } = useProcoreAuth();
  const [where, setWhere] = useState("");
  const [companies, setCompanies] = useState("");
  const path = usePathname();
  useEffect(() => setWhere(location.pathname + location.search + location.hash), [path]);
  const load = async () => setCompanies(await (await fetch("/rest/v1.0/companies")).text());
  return (
    <main>
      <p id="where">{where}</p>
      <p id="user">{user?.name}</p>
      <button id="load" onClick={load}>Companies</button>
      <p id="companies">{companies}</p>
      <button id="sign-out" onClick={signOut}>Sign out</button>
    </main>
  );
}
