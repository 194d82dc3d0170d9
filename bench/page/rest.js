// The stages that ask what remains: in storage, and in memory.

import { answerAtOnce, clearStorage, config, load, mustBeSignedIn, times } from "./contestant.js";

const ABANDONED = times(200);

/** What is left of sign-ins that nobody has come back from: entries, and characters of theirs. */
export async function abandoned(contestant) {
  const { session } = await load(contestant, "session");
  answerAtOnce();
  const { loginUrl } = await session(config);
  for (let at = 0; at < ABANDONED; at++) await loginUrl();
  const entries = [sessionStorage, localStorage].flatMap((storage) => Object.entries(storage));
  const cookies = document.cookie ? document.cookie.split("; ") : [];
  const databases = await Promise.all((await indexedDB.databases()).map(({ name }) => contentOf(name)));
  const texts = [...entries.map(([key, value]) => key + value), ...cookies, ...databases.flat()];
  return { entries: texts.length, characters: texts.join("").length };
}

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** What a database holds of which the text can be seen; a key of WebCrypto shows nothing. */
async function contentOf(name) {
  const database = await settled(indexedDB.open(name));
  const found = [];
  for (const store of database.objectStoreNames) {
    const items = database.transaction(store).objectStore(store);
    const [keys, values] = await Promise.all([settled(items.getAllKeys()), settled(items.getAll())]);
    keys.forEach((key, at) => found.push(`${key}${typeof values[at] === "string" ? values[at] : JSON.stringify(values[at])}`));
  }
  database.close();
  return found;
}

/** Leaves `logins(count)` behind, for who measures the heap before and after. */
export async function beginHeap(contestant) {
  const { session } = await load(contestant, "session");
  const { signIn } = answerAtOnce();
  const signingIn = await session(config);
  // Browsers let a page leave only so often.
  const one = { ...signingIn, loginUrl: signingIn.build ?? signingIn.loginUrl };
  globalThis.logins = async (count) => {
    for (let at = 0; at < count; at++) {
      await signIn(one);
      // What a contestant leaves there is another stage's.
      if (at % 50 === 0) {
        await mustBeSignedIn(one);
        clearStorage();
      }
    }
  };
  return {};
}
