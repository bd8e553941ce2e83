/** The public REST API, as every other client uses it. */
import { language } from "./words.js";

/** @import { Answer, Body, Served } from "../../page_types/api" */

/** What the server answered instead of what was asked. `detail` says what to do, in the language in use. */
export class ApiError extends Error {
  constructor(status, title, detail, { retryAfter = 0, answer = null } = {}) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.detail = detail;
    /** Seconds for which it makes no sense to ask again. */
    this.retryAfter = retryAfter;
    /** All that was answered, where it was JSON. */
    this.answer = answer;
  }
}

// The server gives up on the disk after 10 s; who hears nothing for longer has lost the server.
const PATIENCE_MS = 20_000;

/** Who one is. */
export const MYSELF = "/auth/yo";

let refused = () => {};

/** Have `listen()` called whenever the server does not let through who asks: the session may have ended. */
export const onRefused = (listen) => {
  refused = listen;
};

/**
 * The JSON that is answered, or `null` where there is no body. With `edition`, 412 where what is to be changed is of
 * another one by now. Throws ApiError; status 0 is no answer at all.
 */
export async function request(method, path, body, edition) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        Accept: "application/json",
        "Accept-Language": language.peek(),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(edition === undefined ? {} : { "If-Match": `"${edition}"` }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new ApiError(0, "", "");
  }
  const text = await response.text();
  const told = parsed(text);
  if (response.status === 401 && path !== MYSELF) refused();
  if (!response.ok) {
    const more = { retryAfter: Number(response.headers.get("Retry-After")) || 0, answer: told };
    throw new ApiError(response.status, told?.error ?? response.statusText, told?.detalle ?? "", more);
  }
  return told;
}

/**
 * @template {string} const Path
 * @param {Path & Served<"get", Path>} path
 * @returns {Promise<Answer<"get", Path>>}
 */
export const get = (path) => request("GET", path);

/**
 * @template {string} const Path
 * @param {Path & Served<"put", Path>} path
 * @param {Body<"put", Path>} body
 * @param {string} [edition]
 * @returns {Promise<Answer<"put", Path>>}
 */
export const put = (path, body, edition) => request("PUT", path, body, edition);

/**
 * @template {string} const Path
 * @param {Path & Served<"post", Path>} path
 * @param {Body<"post", Path>} [body]
 * @param {string} [edition]
 * @returns {Promise<Answer<"post", Path>>}
 */
export const post = (path, body, edition) => request("POST", path, body ?? {}, edition);

/**
 * @template {string} const Path
 * @param {Path & Served<"delete", Path>} path
 * @param {string} [edition]
 * @returns {Promise<Answer<"delete", Path>>}
 */
export const remove = (path, edition) => request("DELETE", path, undefined, edition);

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a proxy's page, or no body
  }
}
