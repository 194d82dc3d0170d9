/** Among the edits of a mutant: it is checked with a store that outlives the process. */
export const JOURNAL = Symbol("journal");
