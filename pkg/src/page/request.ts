import type * as Api from "../types/index.d.ts";
import { own } from "../boundary/boundary.ts";
import { FLAG, THROTTLE, judged } from "../boundary/options.ts";

/** A request to the API as the app has asked for it: everything is read here, once. */
export interface ApiCall {
  readonly init: RequestInit;
  readonly request: Request | undefined;
  /** The app's own, if there are any. */
  readonly headers: Headers | undefined;
  /** What the core judges. Strings, for what is judged is to be what is sent. */
  readonly facts: {
    readonly target: string;
    readonly hasAuthorization: boolean;
    readonly hasCompanyId: boolean;
    readonly companyId: string;
    readonly isCompanyIdFloat: boolean;
  };
  readonly onThrottle: Api.ApiRequestInit["onThrottle"];
  readonly isIdempotent: boolean | undefined;
}

type Options = { readonly [name in keyof Api.ApiRequestInit]: Api.ApiRequestInit[name] | undefined };

export const readRequest = (input: unknown, options: Options | undefined): ApiCall => {
  const { companyId, onThrottle, isIdempotent, ...others } = judged(options, { onThrottle: THROTTLE, isIdempotent: FLAG });
  const init = own(others) as RequestInit;
  // Read by the platform, so that no getter of it can say one thing here and another there; also one of another frame.
  const request = Object.prototype.toString.call(input) === "[object Request]" ? new Request(input as Request) : undefined;
  const given = init.headers ?? request?.headers;
  const headers = given === undefined ? undefined : new Headers(given);
  const facts = {
    target: request ? request.url : String(input),
    hasAuthorization: headers?.has("authorization") ?? false,
    hasCompanyId: companyId !== undefined,
    companyId: companyId === undefined ? "" : String(companyId),
    isCompanyIdFloat: typeof companyId === "number",
  };
  return { init, request, headers, facts, onThrottle, isIdempotent };
};
