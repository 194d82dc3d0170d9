import * as sdk from "/package/worker.js";
import { start } from "./app.js";

start(sdk);
