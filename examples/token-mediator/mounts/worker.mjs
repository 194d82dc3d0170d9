// A Workers runtime. It may run any number of instances; one Durable Object answers for all of them, so that they have one store.

import { createMediator } from "../mediator.mjs";
import { optionsFrom } from "./options.mjs";

export class Mediator {
  constructor(state, env) {
    this.mediate = createMediator(optionsFrom(env));
  }
  fetch(request) {
    return this.mediate(request);
  }
}

export default { fetch: (request, env) => env.MEDIATOR.get(env.MEDIATOR.idFromName("mediator")).fetch(request) };
