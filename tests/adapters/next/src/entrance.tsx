import { useProcoreAuth } from "procore-spa-auth/react";

export function Entrance() {
  const { status, error, signIn } = useProcoreAuth();
  if (status === "unknown") return <p>One moment …</p>;
  return (
    <main>
      {error && <p role="alert" id={error.code}>{error.message}</p>}
      <button id="sign-in" onClick={signIn}>{error ? "Try again" : "Sign in"}</button>
    </main>
  );
}
