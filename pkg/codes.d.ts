/** `#codes`: the phase of each of the core's errors, and whether it may be retried, as `src/error.rs` has it. */
declare const codes: { readonly [code: string]: readonly [phase: string, retryable: boolean] };
export default codes;
