/** `#messages`: what the core's errors say, by their codes, as `src/error.rs` has it. */
declare const messages: { readonly [code: string]: string };
export default messages;
