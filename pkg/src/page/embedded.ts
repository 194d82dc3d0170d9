import type * as Api from "../types/index.d.ts";
import { result } from "../boundary/boundary.ts";
import { startError } from "../boundary/errors.ts";
import { explainingNow } from "../boundary/explain.ts";
import { ORIGINS, URL_TEXT, only } from "../boundary/options.ts";

export const embeddedContext = (options?: Api.EmbeddedOptions): Api.EmbeddedContext =>
  explainingNow(() => {
    const { allowedParents: allowed, url } = only(options, { allowedParents: ORIGINS, url: URL_TEXT });
    const allowedParents = typeof allowed === "string" ? [allowed] : allowed;
    const isEmbedded = typeof window !== "undefined" && parent !== window;
    const ancestors = isEmbedded ? ancestorOrigins() : [];
    if (isEmbedded && allowedParents) {
      const stranger = ancestors.length ? ancestors.find((origin) => !allowedParents.includes(origin)) : "unknown";
      if (stranger !== undefined) {
        const message = "This page is framed by one that is not among allowedParents. Origins are compared exactly.";
        throw startError("framing_not_allowed", `${message} [${stranger}]`);
      }
    }
    const [parentOrigin] = ancestors;
    const query = /^[^#?]*\?([^#]*)/.exec(String(url ?? globalThis.location?.href));
    const names = new URLSearchParams(query?.[1]);
    const companyId = idOf(names.getAll("companyId"));
    const projectId = idOf(names.getAll("projectId"));
    return result<Api.EmbeddedContext>({ isEmbedded, parentOrigin, companyId, projectId });
  });

/** The pages around this one, the nearest first; none if the browser does not say. */
const ancestorOrigins = (): string[] => {
  const { ancestorOrigins } = location as { ancestorOrigins?: Iterable<string> };
  if (ancestorOrigins) return [...ancestorOrigins];
  // Where a browser has no list, the page that a frame was loaded from stands for the one around it. That says nothing
  // if there are more around that, or if the frame has moved on by itself.
  const origin = parent === top && document.referrer && new URL(document.referrer).origin;
  return origin && origin !== location.origin ? [origin] : [];
};

/** An ID as a string, for it may exceed 2^53. What is no ID, or not clearly one, is none: anybody can write a link. */
const idOf = (values: string[]): string | undefined =>
  values.length === 1 && /^[1-9]\d{0,19}$/.test(values[0]!) ? values[0] : undefined;
