/** Work that is done once, whoever asks for it how often. What failed is tried again by who asks next. */
export const createOnce = <T>(work: () => Promise<T>) => {
  let begun: Promise<T> | undefined;
  let isDone = false;

  const forget = () => {
    begun = undefined;
    isDone = false;
  };

  return {
    run: (): Promise<T> => {
      if (begun) return begun;
      const mine = work();
      mine.then(
        () => (isDone ||= begun === mine),
        () => begun === mine && forget(),
      );
      return (begun = mine);
    },
    /** The next one who asks has it done again. */
    forget,
    hasBegun: () => begun !== undefined,
    isDone: () => isDone,
  };
};
