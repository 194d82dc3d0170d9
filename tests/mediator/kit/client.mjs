// Requests as no browser would send them, byte for byte, and their answers.

import { request as http } from "node:http";
import { request as https } from "node:https";

/** What has not answered by then does not answer. Longer than any mediator waits for Procore. */
const PATIENCE = Number(process.env.CHECK_PATIENCE_SECONDS ?? 60) * 1000;

/**
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string | string[] | undefined>, body?: string | Iterable<string>, signal?: AbortSignal }} options
 * @returns {Promise<{ status: number, headers: import("node:http").IncomingHttpHeaders, text: string }>}
 */
export function send(url, { method = "POST", headers = {}, body, signal }) {
  return new Promise((resolve, reject) => {
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    const isWhole = typeof body === "string";
    if (isWhole) given["content-length"] = String(Buffer.byteLength(body));
    const open = url.startsWith("https:") ? https : http;
    const request = open(url, { method, headers: given, signal, agent: false, timeout: PATIENCE });
    request.on("timeout", () =>
      request.destroy(new Error(`no answer of ${new URL(url).pathname} within ${PATIENCE / 1000} s`)),
    );
    request.on("response", async (response) => {
      let text = "";
      try {
        for await (const chunk of response.setEncoding("utf8")) text += chunk;
        resolve({ status: response.statusCode, headers: response.headers, text });
      } catch (error) {
        reject(error);
      }
    });
    // Who refuses a body may hang up before it has come; what was answered until then counts.
    request.on("error", (error) => (request.res ? undefined : reject(error)));
    for (const part of isWhole ? [body] : (body ?? [])) request.write(part);
    request.end();
  });
}
