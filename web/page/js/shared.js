/** The stream of the whole house, by one connection for all windows of this browser where it can do that. */
import { VERSION } from "./later.js";
import { canBeLed, Line } from "./led.js";
import { follow } from "./source.js";

/** @import { Follower } from "./source.js" */

const WORKER = "/pagina/js/stream_worker.js";
// Who leads, or the process that the worker runs in, may be killed or frozen: nobody is told.
const HERE_EVERY_MS = 5_000;

/** @typedef {Pick<MessagePort, "postMessage" | "close"> & { onmessage: Function | null }} Port */

/**
 * To where the switchboard runs; the first that this browser has is taken. Without any this window has a connection of
 * its own. `open`: `again` where the one before has ceased to answer, `broken` called where it does not run at all;
 * `patience`: after how many milliseconds without an answer that is so. A worker may have to be started first; both are
 * over before Live takes the stream for lost.
 * @type {{ open: (again: boolean, broken: () => void) => Port, patience: number }[]}
 */
const ways = [];
if ("SharedWorker" in globalThis) ways.push({ open: toWorker, patience: 8_000 });
if (canBeLed()) ways.push({ open: (again, broken) => new Line(again, broken), patience: 4_000 });

function toWorker(_again, broken) {
  // One of another version would be spoken to in its own words.
  const worker = new SharedWorker(WORKER, { type: "module", name: VERSION });
  worker.onerror = broken;
  return worker.port;
}

/** @type {Port | null} */
let port = null;
/** @type {Follower | null} */
let following = null;
/** Since when an answer is awaited; 0 where none is. */
let askedAt = 0;
let lookedAt = 0;
let died = false;

function connect() {
  const way = ways[0];
  const opened = way.open(died, () => fallBack(way));
  died = false;
  askedAt = 0;
  opened.onmessage = ({ data: { name, place, data } }) => {
    askedAt = 0;
    if (name === null) end()?.fail();
    else if (name) following?.hear(name, place, data);
  };
  return opened;
}

function fallBack(way) {
  if (ways[0] !== way) return;
  ways.shift();
  hangUp();
}

function hangUp() {
  port?.close();
  port = null;
  end()?.fail();
}

function end() {
  const ended = following;
  following = null;
  return ended;
}

function askWhetherThere() {
  askedAt ||= performance.now();
  port.postMessage({ say: "here" });
}

function lookWhetherThere() {
  if (!following || !port || !askedAt || performance.now() - askedAt < ways[0].patience) return;
  died = true;
  hangUp();
}

setInterval(() => {
  const now = performance.now();
  // Where this window itself stood still, what was answered has yet to be read.
  if (now - lookedAt > 2 * HERE_EVERY_MS) askedAt = 0;
  lookedAt = now;
  lookWhetherThere();
  if (following && port) askWhetherThere();
}, HERE_EVERY_MS);

/**
 * As `follow` of source.js.
 * @param {string} since
 * @param {string[]} names
 * @param {Follower} follower
 */
export function followShared(since, names, follower) {
  while (ways.length > 0 && port === null) {
    try {
      port = connect();
    } catch {
      ways.shift();
    }
  }
  if (port === null) return follow(since, names, follower);
  following = follower;
  port.postMessage({ say: "join", since, names });
  askWhetherThere();
  setTimeout(lookWhetherThere, ways[0].patience + 50);
  return () => {
    if (following !== follower) return;
    following = null;
    askedAt = 0;
    port?.postMessage({ say: "leave" });
  };
}

/** Nothing of what was heard is for whoever signs in next. */
export const forget = () => port?.postMessage({ say: "forget" });
