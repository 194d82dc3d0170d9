// A Workers runtime. It may run any number of instances, and ends them when nobody asks; one Durable Object answers for all of them,
// and its storage knows what was under way when it was ended.

import { createMediator } from "../mediator.mjs";
import { createStore } from "../store.mjs";
import { optionsFrom } from "./options.mjs";

export class Mediator {
  constructor({ storage }, env) {
    const entries = {
      get: (key) => storage.get(key),
      set: (key, kept) => storage.put(key, kept),
      delete: (key) => storage.delete(key),
      entries: () => storage.list(),
    };
    this.mediate = createMediator({ ...optionsFrom(env), store: createStore({ entries }) });
  }
  fetch(request) {
    return this.mediate(request);
  }
}

export default { fetch: (request, env) => env.MEDIATOR.get(env.MEDIATOR.idFromName("mediator")).fetch(request) };
