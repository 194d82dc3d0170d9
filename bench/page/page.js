// Runs one stage with one contestant, as the page's query says, and notes what came of it.

import { calls, callback, loginUrl, ready, redeem, start } from "./times.js";
import { abandoned, beginHeap } from "./rest.js";

const { stage, contestant } = Object.fromEntries(new URLSearchParams(location.search));

const STAGES = { start, loginUrl, callback, redeem, calls, ready, abandoned, heap: beginHeap };

const done = (result) => (document.body.dataset.result = JSON.stringify(result));
STAGES[stage](contestant).then(
  (values) => done({ values }),
  (error) => done({ error: String(error?.stack ?? error) }),
);
