/** The stream of the whole house, by one connection for all windows of this browser where it can do that. */
import { VERSION } from "./later.js";
import { follow } from "./source.js";

/** @import { Follower } from "./source.js" */

const WORKER = "/pagina/js/stream_worker.js";
// The process that it runs in may be a window's own, and be killed with that: nobody is told.
const HERE_EVERY_MS = 5_000;
const DEAD_MS = 2.5 * HERE_EVERY_MS;

/** @type {MessagePort | null} */
let port = null;
/** @type {Follower | null} */
let following = null;
let answeredAt = 0;

/** Whether there is none, or it does not run: then this window has a connection of its own. */
let alone = !("SharedWorker" in globalThis);

function connect() {
  // One of another version would be spoken to in its own words.
  const worker = new SharedWorker(WORKER, { type: "module", name: VERSION });
  worker.onerror = () => {
    alone = true;
    end()?.fail();
  };
  worker.port.onmessage = ({ data: { name, place, data } }) => {
    answeredAt = performance.now();
    if (name === null) end()?.fail();
    else if (name) following?.hear(name, place, data);
  };
  return worker.port;
}

function end() {
  const ended = following;
  following = null;
  return ended;
}

setInterval(() => {
  if (!following || alone) return;
  port.postMessage({ say: "here" });
  if (performance.now() - answeredAt < DEAD_MS) return;
  port.close();
  port = null;
  end().fail();
}, HERE_EVERY_MS);

/**
 * As `follow` of source.js.
 * @param {string} since
 * @param {string[]} names
 * @param {Follower} follower
 */
export function followShared(since, names, follower) {
  if (!alone) {
    try {
      port ??= connect();
    } catch {
      alone = true;
    }
  }
  if (alone) return follow(since, names, follower);
  following = follower;
  answeredAt = performance.now();
  port.postMessage({ say: "join", since, names });
  return () => {
    if (following !== follower) return;
    following = null;
    port?.postMessage({ say: "leave" });
  };
}

/** Nothing of what was heard is for whoever signs in next. */
export const forget = () => port?.postMessage({ say: "forget" });
