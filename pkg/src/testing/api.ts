import type * as Api from "../types/index.d.ts";
import type { FakeAnswer, FakeApi, FakeRequest } from "../types/testing.d.ts";
import { errorOf } from "./errors.ts";

/** What a test gets that uses the API without having said what it answers. */
export const noApi: FakeApi = ({ method, url }) => {
  throw new Error(`The fake client was asked for ${method} ${url}, and has no answer: createFakeAuth({ api }) or auth.fake.answer().`);
};

const isA = (kind: string, value: unknown) => Object.prototype.toString.call(value) === `[object ${kind}]`;

/**
 * Where a request goes.
 *
 * @throws `resource_origin_forbidden`
 */
export const targetOf = (input: string | URL | Request, origin: string): string => {
  const url = new URL(isA("Request", input) ? (input as Request).url : String(input), origin);
  if (url.origin !== new URL(origin).origin) throw errorOf("resource_origin_forbidden", { message: `[${url.origin}]` });
  return url.href;
};

/**
 * The request that the app makes, as a test gets it.
 *
 * @throws `company_id_invalid`
 */
export const requestOf = async (url: string, input: string | URL | Request, init: Api.ApiRequestInit): Promise<FakeRequest> => {
  const given = isA("Request", input) ? (input as Request) : undefined;
  const headers = namesAndValues(init.headers ?? given?.headers);
  const { companyId } = init;
  if (companyId !== undefined) {
    if (!/^[1-9]\d{0,19}$/.test(String(companyId))) throw errorOf("company_id_invalid");
    headers["procore-company-id"] = String(companyId);
  }
  const method = (init.method ?? given?.method ?? "GET").toUpperCase();
  const body = init.body ?? (given?.body ? await given.clone().text() : undefined);
  return { method, url, headers, body };
};

const namesAndValues = (headers: HeadersInit | undefined): Record<string, string> => {
  const isList = isA("Headers", headers) || Array.isArray(headers);
  const pairs = isList ? [...(headers as Iterable<[string, string]>)] : Object.entries(headers ?? {});
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), String(value)]));
};

/** What the test answers, as a `Response`; where there is none, as in Jest's jsdom, as an object with the members that apps read. */
export const responseOf = (answer: FakeAnswer | Response, url: string): Response => {
  if (isA("Response", answer)) return answer as Response;
  const { status = 200, headers = {}, json } = answer as FakeAnswer;
  const body = json === undefined ? null : JSON.stringify(json);
  const sent = { ...(body !== null && { "content-type": "application/json" }), ...namesAndValues(headers) };
  if (typeof Response === "function") return new Response(body, { status, headers: sent });
  const { get, has } = Map.prototype;
  const names = new Map(Object.entries(sent));
  const named = (read: (name: string) => unknown) => (name: string) => read.call(names, name.toLowerCase());
  const made = {
    ok: status >= 200 && status <= 299,
    status,
    statusText: "",
    url,
    redirected: false,
    type: "basic",
    headers: { get: (name: string) => named(get)(name) ?? null, has: named(has as never), forEach: names.forEach.bind(names) },
    text: async () => body ?? "",
    json: async () => JSON.parse(body ?? "") as unknown,
    clone: () => responseOf(answer, url),
  };
  return made as unknown as Response;
};
