import { useProcoreAuth } from "procore-spa-auth/solid";
import { Show } from "solid-js";

export function Entrance() {
  const { status, error, signIn } = useProcoreAuth();
  return (
    <Show when={status() !== "unknown"} fallback={<p>One moment …</p>}>
      <main>
        <Show when={error()}>{(reason) => <p role="alert" id={reason().code}>{reason().message}</p>}</Show>
        <button id="sign-in" onClick={signIn}>{error() ? "Try again" : "Sign in"}</button>
      </main>
    </Show>
  );
}
