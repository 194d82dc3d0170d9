import type * as Api from "../types/index.d.ts";
import { own, result } from "../boundary/boundary.ts";
import type { Redeemed, Response } from "../engine/engine.ts";
import { relayToOpener } from "./login-window.ts";
import type { PageOptions } from "./options.ts";
import { takeFromPage } from "./redirect.ts";
import type { PageSession } from "./page-session.ts";
import { noteCause } from "./tab.ts";

/** What comes of a response: redeemed once, whoever asks for it how often. `load`: what calls need, while a code is redeemed. */
export const createRedirects = (read: PageOptions | Error, { engine, judge }: PageSession, load: () => void) => {
  const underWay = new Map<string, Promise<Api.RedirectResult>>();

  const redeem = async (response: Response): Promise<Api.RedirectResult> => redirected(await engine().redeem(own(response)));

  const work = async (url: string, isPage: boolean): Promise<Api.RedirectResult> => {
    if (read instanceof Error) throw read;
    // The opener goes on. Whatever the app would do here, a sign-in say, would end with this window.
    const relayed = isPage && relayToOpener();
    if (relayed) return relayed;
    const taken = isPage ? takeFromPage(read.options, read.isPersistent) : undefined;
    const redeemed = () => redeem({ url, ...taken });
    if (taken && taken.record === undefined) return redeemed();
    const outcome = taken ? judge(redeemed) : redeemed();
    load();
    return outcome;
  };

  return {
    redeem,

    handle: (given?: unknown): Promise<Api.RedirectResult> => {
      if (typeof location === "undefined") return Promise.resolve(redirected(own({})));
      const page = location.href;
      // As a listener it is called with an event, which is no URL.
      const url = typeof given === "string" || given instanceof URL ? String(given) : page;
      // Asked again without a URL, it is about the same response, although that is scrubbed already.
      const keys = url === page ? [url, ""] : [url];
      const known = underWay.get(url) ?? (url === page ? underWay.get("") : undefined);
      if (known) return known;
      let begin!: (work: Promise<Api.RedirectResult>) => void;
      const outcome = new Promise<Api.RedirectResult>((resolve) => (begin = resolve))
        .catch((error: unknown) => {
          noteCause(error);
          throw error;
        })
        .finally(() => keys.forEach((key) => underWay.delete(key)));
      keys.forEach((key) => underWay.set(key, outcome));
      // Only now: a router that listens to the scrubbing asks again from inside it.
      begin(work(url, url === page));
      return outcome;
    },
  };
};

const redirected = ({ returnTo, warning }: Redeemed): Api.RedirectResult => {
  const handled = returnTo !== undefined;
  return result({ handled, returnTo, warnings: handled ? [warning].filter((code) => code !== undefined) : undefined });
};
