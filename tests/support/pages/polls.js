// Counts in `polls` how often the package has looked after its login window.

window.polls = 0;
const { setInterval } = window;
window.setInterval = (call, ...rest) =>
  setInterval.call(
    window,
    () => {
      call();
      window.polls += 1;
    },
    ...rest,
  );
