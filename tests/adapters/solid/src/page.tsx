import { useLocation } from "@solidjs/router";
import { useProcoreAuth } from "procore-spa-auth/solid";
import { createSignal } from "solid-js";

export function Page() {
  const { user, fetch, signOut } = useProcoreAuth();
  const place = useLocation();
  const [companies, setCompanies] = createSignal("");
  const load = async () => setCompanies(await (await fetch("/rest/v1.0/companies")).text());
  return (
    <main>
      <p id="where">{place.pathname + place.search + place.hash}</p>
      <p id="user">{user()?.name}</p>
      <button id="load" onClick={load}>Companies</button>
      <p id="companies">{companies()}</p>
      <button id="sign-out" onClick={signOut}>Sign out</button>
    </main>
  );
}
