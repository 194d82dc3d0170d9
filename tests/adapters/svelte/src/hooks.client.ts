import { session } from "$lib/auth";

export const init = () => session.known;
