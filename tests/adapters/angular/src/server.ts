import { AngularNodeAppEngine, createNodeRequestHandler, writeResponseToNodeResponse } from "@angular/ssr/node";

// It is the door of the test that asks.
const engine = new AngularNodeAppEngine({ allowedHosts: ["127.0.0.1"] });

export const reqHandler = createNodeRequestHandler(async (request, response, next) => {
  const answer = await engine.handle(request);
  if (answer) await writeResponseToNodeResponse(answer, response);
  else next();
});
