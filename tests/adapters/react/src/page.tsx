import { useState } from "react";
import { useLocation } from "react-router";
import { useProcoreAuth } from "procore-spa-auth/react";

export function Page() {
  const { user, fetch, signOut } = useProcoreAuth();
  const { pathname, search, hash } = useLocation();
  const [companies, setCompanies] = useState("");
  const load = async () => setCompanies(await (await fetch("/rest/v1.0/companies")).text());
  return (
    <main>
      <p id="where">{pathname + search + hash}</p>
      <p id="user">{user?.name}</p>
      <button id="load" onClick={load}>Companies</button>
      <p id="companies">{companies}</p>
      <button id="sign-out" onClick={signOut}>Sign out</button>
    </main>
  );
}
