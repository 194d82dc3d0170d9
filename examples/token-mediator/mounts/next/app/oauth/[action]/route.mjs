// A Next.js route handler: app/oauth/[action]/route.js. One file for both paths, since each route file is a program of its own
// and would have a store of its own. Where Next.js runs in several processes, give `createMediator` a `store` that they share.

import { createMediator } from "../../../../../mediator.mjs";
import { optionsFrom } from "../../../../options.mjs";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";

// With the first request, for `next build` imports this file without the secret.
let made;
const mediate = (request) => (made ??= createMediator(optionsFrom(process.env)))(request);

export { mediate as DELETE, mediate as GET, mediate as OPTIONS, mediate as PATCH, mediate as POST, mediate as PUT };
