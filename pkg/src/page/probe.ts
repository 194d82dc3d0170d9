import { own } from "../boundary/boundary.ts";
import type { Engine, Probe } from "../engine/engine.ts";
import { explaining } from "../boundary/explain.ts";
import { openPopup } from "./login-window.ts";

/** Signs in by a popup and redeems the code with a wrong verifier. Opens the window in this very turn. Never rejects. */
export const probe = (engine: () => Engine): Promise<Probe> =>
  explaining(async () => {
    const { url, state } = engine().popupNow("{}") ?? (await engine().popup("{}"));
    return engine().probe(own({ url: await openPopup(url, state), state }));
  })().catch((error: unknown) => own({ error }));
