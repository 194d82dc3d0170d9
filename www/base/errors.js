// Every refusal, shown the same way: the code, the step that failed, the message, what to do.

import { isProcoreAuthError } from "/procore-spa-auth/index.js";
import { byId, el, setText } from "./dom.js";

/** An error as plain text. What is not from the SDK is a fault of this page or its servers, and has no code. */
export function describe(error) {
  if (isProcoreAuthError(error)) {
    return {
      code: error.code,
      phase: error.phase,
      message: error.message,
      serverText: error.oauthErrorDescription,
      advice: ADVICE[error.code] ?? (error.retryable ? "The same call may succeed later, unchanged." : ""),
    };
  }
  return { code: "", phase: "page", message: String(error?.message ?? error), advice: "" };
}

/** The panel at the foot of the page: for sign-in, redirect, refresh and sign-out. */
export function showError(error) {
  const { code, phase, message, serverText, advice } = describe(error);
  setText(byId("error-code"), code);
  setText(byId("error-phase"), phase === "page" ? "this page" : `phase: ${phase}`);
  setText(byId("error-message"), serverText ? `${message} The server said: “${serverText}”` : message);
  setText(byId("error-advice"), advice);
  byId("error").dataset.shown = "true";
}

/** Lets the panel be closed, by its button or with Escape. */
export function startErrors() {
  byId("error-dismiss").addEventListener("click", () => {
    clearError();
    byId("main").focus({ preventScroll: true });
  });
  addEventListener("keydown", ({ key }) => key === "Escape" && clearError());
}

export function clearError() {
  for (const id of ["error-code", "error-phase", "error-message", "error-advice"]) setText(byId(id), "");
  byId("error").dataset.shown = "false";
}

/** The same in one line, beside a field or in a list. */
export function errorLine(error) {
  const { code, message } = describe(error);
  return code ? [el("code", {}, code), ` ${message}`] : [message];
}

const SIGN_IN_AGAIN = "Sign in again. A new sign-in makes its own state and verifier.";

const ADVICE = {
  no_transaction: "If you did not start a sign-in here, somebody else did: don’t go on from the link that brought you.",
  state_mismatch: "The response belongs to no sign-in of this tab. Nothing was sent; a sign-in under way is still good.",
  state_missing: "A response without state cannot be told from a forged one. Nothing was sent. Sign in again.",
  state_expired: "The login page stood open for more than ten minutes. Sign in again.",
  issuer_changed: "The sign-in was started for another environment or client ID. Sign in again with the present one.",
  popup_blocked: "Let this page open windows, or sign in by redirect.",
  popup_closed: "The window is gone. Open it again when you like.",
  opener_severed: "Close the login window, and sign in by redirect. In this demo, look at the server switch loginCoop.",
  iss_mismatch: "Another server answered than the one that was asked. Do not sign in there; tell its operator.",
  duplicate_param: SIGN_IN_AGAIN,
  token_in_front_channel: "A token in the URL was not asked for, and is thrown away. Sign in again.",
  redirect_mismatch: "Compare the redirect URI with the portal’s, byte for byte: the trailing slash counts.",
  access_denied: "The user said no. Ask again only when they press the button.",
  invalid_grant: "The code or refresh token was used before, has expired or was revoked. Sign in again.",
  client_auth_required:
    "In this demo, turn the server switch secretRequired off. At Procore, a token mediator of your own adds the secret: tokenMediator: \"/oauth/token\".",
  unauthorized_client: "This application may not use this flow. Check its settings on the Developer Portal.",
  invalid_request: "Compare the client ID and the redirect URI with the portal’s, byte for byte.",
  network_error: "In this demo, look at the server switches cors and down. The browser itself does not tell the cause.",
  timeout: "The server may still have carried out the request. Sign in again if the session is in doubt.",
  reauth_required: "The grant is spent, revoked or in doubt; a new sign-in makes a new one.",
  session_ended: SIGN_IN_AGAIN,
  not_signed_in: "Sign in first.",
  rate_limited: "Wait until the server’s limit is reset; asking more often makes it longer.",
  wasm_blocked: "Add 'wasm-unsafe-eval' to script-src in the page’s Content-Security-Policy.",
  insecure_context: "Serve the page over https, or from http://localhost.",
  storage_unavailable: "Allow session storage for this site. The sign-in has to be remembered over the redirect.",
  config_redirect_not_this_origin: `Add a redirect URI of this page, ${location.origin}/callback, and register it at the server.`,
  instance_poisoned: "Sign in again.",
  config_secret_forbidden:
    "Take the secret out. If it is a real one, reset it on the Developer Portal: it has been in a browser.",
  implicit_not_enabled: "Import the separate entry point procore-spa-auth/implicit, and accept its risk in words.",
};
