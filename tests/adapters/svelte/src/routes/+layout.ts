// As files, the app has no server that could render it.
export const ssr = import.meta.env.VITE_SERVED === "true";
