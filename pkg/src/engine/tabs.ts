import { received } from "../boundary/boundary.ts";

/** What tabs tell each other: never a token, nothing but that something has happened to a session, by its name. It opens nothing. */
interface Word {
  readonly v: 2;
  readonly news: string;
  readonly id: number;
}

/** Another tab's word. What it means is for the core to say. */
type Hear = (news: string, id: number) => void;

/** Joins the tabs of this origin that run the same client, known by its `name`. Answers with the way to tell them something. */
export const joinTabs = (name: string, heard: Hear): Hear => {
  const channel = openChannel(name);
  const hear = onceInAWhile(heard);
  channel?.addEventListener("message", ({ data }) => {
    const { v, news, id } = received<Word>(data);
    if (v === 2 && typeof news === "string" && typeof id === "number") hear(news, id);
  });
  // In Node, listening would keep the process alive.
  (channel as { unref?(): void } | undefined)?.unref?.();
  return (news, id) => channel?.postMessage({ v: 2, news, id } satisfies Word);
};

/** How long the same words are one, and how many different ones at most. */
const WHILE_MS = 50;
const MAX_WORDS = 20;

/** Tells a word at once, and once more after a while if it has come again, however often: any script of this origin can say any. */
const onceInAWhile = (tell: Hear): Hear => {
  const told = new Map<string, boolean>();
  return (news, id) => {
    const word = `${news} ${id}`;
    if (told.has(word)) return void told.set(word, true);
    tell(news, id);
    if (told.size >= MAX_WORDS) return;
    told.set(word, false);
    setTimeout(() => {
      const isAgain = told.get(word);
      told.delete(word);
      if (isAgain) tell(news, id);
    }, WHILE_MS);
  };
};

/** None where storage is blocked: then a browser may refuse this, too. */
const openChannel = (name: string): BroadcastChannel | undefined => {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
};

/**
 * The locks that tabs share. Where there are none, or no channel, a tab is alone: it shares no session, so there is nothing to
 * guard.
 */
export const usableLocks = async (): Promise<LockManager | undefined> => {
  try {
    const { locks } = navigator;
    // Firefox has them in a frame of another site, too, and refuses every call.
    await locks.query();
    new BroadcastChannel("procore-spa-auth").close();
    return locks;
  } catch {
    return undefined;
  }
};
