/** Work that is done once, whoever asks for it how often. What failed is tried again by who asks next. */
export const createOnce = <T>(work: () => Promise<T>) => {
  let done: Promise<T> | undefined;
  return {
    run: (): Promise<T> => {
      if (done) return done;
      const begun = work();
      begun.catch(() => {
        if (done === begun) done = undefined;
      });
      return (done = begun);
    },
    /** The next one who asks has it done again. */
    forget: () => void (done = undefined),
    hasBegun: () => done !== undefined,
  };
};
