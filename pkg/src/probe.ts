import type { Probe } from "./diagnose.ts";
import type { Engine } from "./engine.ts";
import { isProcoreAuthError } from "./errors.ts";
import { openPopup } from "./popup.ts";

const ENDS: { readonly [code: string]: Probe["outcome"] } = {
  popup_blocked: "blocked",
  popup_closed: "closed",
  timeout: "timeout",
};

/** Signs in by a popup and redeems the code with a wrong verifier. Opens the window in this very turn. Never rejects. */
export const probe = async (engine: () => Engine): Promise<Probe> => {
  try {
    const { url, state } = engine().popupNow("{}") ?? (await engine().popup("{}"));
    return { outcome: await engine().probe({ url: await openPopup(url, state), state }) };
  } catch (error) {
    if (!isProcoreAuthError(error)) return { outcome: "error" };
    // RFC 7636 §4.6: what a server says that compares the verifier.
    const outcome = error.oauthError === "invalid_grant" ? "enforced" : (ENDS[error.code] ?? "error");
    return { outcome, error };
  }
};
