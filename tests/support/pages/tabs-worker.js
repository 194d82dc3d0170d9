import * as sdk from "/package/worker.js";
import { start } from "./app.js";

stage.hasWorker = true;
start({
  ...sdk,
  createProcoreAuth: (options) => sdk.createProcoreAuth({ ...options, workerUrl: stage.workerUrl() }),
});
