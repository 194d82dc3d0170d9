import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { useProcoreAuth } from "procore-spa-auth/react";
import { answer, queryClient } from "./queries";

interface Named {
  readonly id: number;
  readonly name: string;
}

/** What was ever shown in this tab, and what is kept now, for the test. */
const shown: string[] = [];
Object.assign(window, { shown, kept: () => queryClient.getQueryCache().getAll().map(({ queryKey }) => queryKey) });

export function Page() {
  const { auth, session, user, signIn, signOut } = useProcoreAuth();
  const { data = [], refetch } = useQuery(answer<Named[]>(session.id, "/rest/v1.0/companies"));
  const { data: me } = useQuery({ queryKey: [session.id, "user"], queryFn: () => auth.user() });
  const { href } = useLocation();
  useEffect(() => void (me && shown.push(`${session.id} ${me.name}`)), [session.id, me]);
  Object.assign(window, { signIn });
  return (
    <main>
      <p id="where">{href}</p>
      <p id="user">{user?.name}</p>
      <p id="me">{me?.name}</p>
      <button id="load" onClick={() => refetch()}>Companies</button>
      <ul id="companies">{data.map(({ id, name }) => <li key={id}>{name}</li>)}</ul>
      <button id="sign-out" onClick={signOut}>Sign out</button>
    </main>
  );
}
