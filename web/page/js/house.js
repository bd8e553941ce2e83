/**
 * What the page knows of the house: devices, rooms, who is looking, and how fresh all that is.
 *
 * Each device is a signal of its own, so that a report draws one card and not the list. Reports are gathered and
 * shown ten times a second: the eye wants no more, and 200 devices cost a few drawings instead of 200.
 */
import { batch, computed, signal } from "@preact/signals";
import { get, MYSELF, onRefused } from "./api.js";
import { kept } from "./keep.js";
import { Live } from "./live.js";

const SHOW_EVERY_MS = 100;
// A tab that is out of sight gives its connections back after this; it resumes without a gap.
const REST_AFTER_MS = 20_000;
const FINDINGS = [
  "ai_anomaly",
  "ai_misconfig",
  "ai_suggest",
  "ai_offline",
  "ai_back_online",
  "ai_progress",
  "ai_done",
];
const ROLES = ["lectura", "miembro", "admin"];

/** Who is looking: the answer of /auth/yo; `null` until known, `false` where one has to sign in. */
export const me = signal(null);
/** Signals of devices by id. The map is replaced when a device comes, and only then. */
export const devices = signal(new Map());
/** Whether the list has been read at all. */
export const known = signal(false);
/** `[{id, nombre, dispositivos}]`, by name. */
export const rooms = signal([]);
/** The newest findings heard live, newest first; the feed reads the older ones. */
export const fresh = signal([]);
/** The ids of the newest finding that was looked at in this browser, and of the newest that there is. */
export const seen = kept("seen_finding", 0);
export const newest = signal(0);
/** Whether there is a finding that was not looked at in this browser. */
export const unseen = computed(() => newest.value > seen.value);

/** Whether `role` ("lectura", "miembro", "admin") is within what the one who is looking may do. */
export const may = (role) => Boolean(me.value) && ROLES.indexOf(me.value.rol) >= ROLES.indexOf(role);

let waiting = new Map();
let timer = 0;
const listeners = new Set();

/** Call `listen(device)` with every report shown from now on; the function returned ends that. */
export function onReport(listen) {
  listeners.add(listen);
  return () => listeners.delete(listen);
}

/** Take in a device as the server answers a command: shown at once, unless the stream has been faster. */
export function take(device) {
  const known = waiting.get(device.id) ?? devices.peek().get(device.id)?.peek();
  if (known && isOlder(device, known)) return;
  waiting.set(device.id, device);
  clearTimeout(timer);
  show();
}

const isOlder = (one, other) =>
  one.version < other.version || (one.version === other.version && one.visto_en < other.visto_en);

function hear(device) {
  waiting.set(device.id, device);
  timer ||= setTimeout(show, SHOW_EVERY_MS);
}

const met = new Set();

/** A room that somebody has made elsewhere is first heard of by a device in it. */
function meet(room) {
  if (!room || met.has(room) || rooms.peek().some(({ id }) => id === room)) return;
  met.add(room);
  readRooms().catch(() => met.delete(room));
}

function show() {
  const arrived = waiting;
  waiting = new Map();
  timer = 0;
  batch(() => {
    let all = devices.value;
    for (const [id, device] of arrived) {
      const there = all.get(id);
      if (there) {
        there.value = device;
      } else {
        if (all === devices.value) all = new Map(all);
        all.set(id, signal(device));
      }
      for (const listen of listeners) listen(device);
    }
    devices.value = all;
  });
}

const deviceStream = new Live("/stream/dispositivos", ["message"], {
  afresh: readDevices,
  take: (_, device) => {
    hear(device);
    meet(device.habitacion_id);
  },
  lost: lookAgain,
});
const findingStream = new Live("/stream/ai", FINDINGS, {
  afresh: readNewestFinding,
  take: (_, finding) => takeFinding(finding),
  lost: lookAgain,
});

/** "opening", "live" or "lost": whether what is shown of the devices is what is. */
export const connection = deviceStream.state;
/** When the server was last heard, in milliseconds since the epoch; 0 before the first time. */
export const heardAt = deviceStream.heardAt;

async function readDevices() {
  try {
    for (const device of await get("/dispositivos")) hear(device);
    clearTimeout(timer);
    show();
    known.value = true;
    await readRooms();
  } catch {
    deviceStream.startOver();
  }
}

/** Read the rooms again, which are answered too. */
export async function readRooms() {
  rooms.value = await get("/habitaciones");
  return rooms.value;
}

async function readNewestFinding() {
  try {
    const page = await get("/ai/eventos?per_page=1");
    if (page.data.length) newest.value = Math.max(newest.value, page.data[0].evento_id);
  } catch {
    findingStream.startOver();
  }
}

function takeFinding(finding) {
  fresh.value = [finding, ...fresh.value].slice(0, 100);
  if (finding.evento_id) newest.value = Math.max(newest.value, finding.evento_id);
}

/** The findings have been looked at. */
export function lookedAtFindings() {
  seen.value = Math.max(seen.value, newest.value);
}

let rest = 0;

function whenSeenOrNot() {
  clearTimeout(rest);
  if (document.hidden) {
    rest = setTimeout(pause, REST_AFTER_MS);
  } else {
    resume();
    if (me.peek() === false) lookAgain(); // somebody may have signed in in another tab
  }
}

function pause() {
  for (const stream of [deviceStream, findingStream]) stream.pause();
}

function resume() {
  if (me.value) [deviceStream, findingStream].forEach((stream) => stream.resume());
}

/** Find out who is looking and, where that is known, begin to listen. */
export async function enter() {
  const who = await whoIsLooking();
  // Somebody else only: who finds themselves again would have all views drawn anew.
  if (JSON.stringify(who) === JSON.stringify(me.peek())) return;
  me.value = who;
  if (who) resume();
  else pause();
}

async function whoIsLooking() {
  try {
    return await get(MYSELF);
  } catch (error) {
    if (error.status === 401) return false;
    throw error;
  }
}

/** A session may have ended, or begun, elsewhere. */
function lookAgain() {
  if (me.peek() !== null) enter().catch(() => {}); // without an answer all stays as it is
}

onRefused(lookAgain);

/** Hear no more, forget everything. */
export function leave() {
  deviceStream.close();
  findingStream.close();
  location.reload();
}

document.addEventListener("visibilitychange", whenSeenOrNot);
addEventListener("online", resume);
addEventListener("pageshow", (event) => event.persisted && resume());
