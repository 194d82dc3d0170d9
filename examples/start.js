// Beside what wasm-bindgen makes (`--target web`): a script of its own, so that the page's policy needs no 'unsafe-inline'.
import start from "./app.js";

start();
