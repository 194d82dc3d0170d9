import { session } from "$lib/auth";

export const load = async ({ url }: { url: URL }) => ({ isAdmitted: await session.requireSession(url) });
