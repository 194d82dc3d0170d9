import { QueryClient, queryOptions } from "@tanstack/react-query";
import { auth } from "./auth";

// `auth.fetch` itself sends again what can be sent again.
export const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });

// With a session goes what was fetched in it, in this tab and in the others.
let { id } = auth.session;
auth.subscribe((session) => {
  if (session.id !== id) queryClient.clear();
  id = session.id;
});

/** What a path of the API answers, under the session's name: what another user has seen is not found there. */
export const answer = <T>(session: string | undefined, path: string) =>
  queryOptions({
    queryKey: [session, path],
    queryFn: async ({ signal }): Promise<T> => {
      const response = await auth.fetch(path, { signal });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return response.json();
    },
  });
