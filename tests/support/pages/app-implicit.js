import * as sdk from "/package/implicit.js";
import { start } from "./app.js";

start(sdk);
