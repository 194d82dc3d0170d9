import * as sdk from "/package/index.js";
import { start } from "./app.js";

start(sdk);
