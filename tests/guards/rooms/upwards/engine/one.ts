export { two } from "../page/two.ts";
