import type { Probe } from "./diagnose.ts";
import { own } from "./boundary.ts";
import type { Engine } from "./engine.ts";
import { isProcoreAuthError } from "./errors.ts";
import { openPopup } from "./popup.ts";

const ENDS: { readonly [code: string]: Probe["outcome"] } = own({
  popup_blocked: "blocked",
  popup_closed: "closed",
  timeout: "timeout",
});

/** Signs in by a popup and redeems the code with a wrong verifier. Opens the window in this very turn. Never rejects. */
export const probe = async (engine: () => Engine): Promise<Probe> => {
  try {
    const { url, state } = engine().popupNow("{}") ?? (await engine().popup("{}"));
    return own({ outcome: await engine().probe(own({ url: await openPopup(url, state), state })) });
  } catch (error) {
    if (!isProcoreAuthError(error)) return own({ outcome: "error" });
    // RFC 7636 §4.6: what a server says that compares the verifier.
    const outcome = error.oauthError === "invalid_grant" ? "enforced" : (ENDS[error.code] ?? "error");
    return own({ outcome, error });
  }
};
