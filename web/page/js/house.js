/**
 * What the page knows of the house: devices, rooms, who is looking, and how fresh all that is.
 *
 * Each device is a signal of its own, so that a report draws one card and not the list. A report is shown at once, but
 * what comes soon after the last is gathered: the eye wants no more than some drawings a second, and of 200 devices
 * each takes a frame.
 */
import { batch, computed, signal } from "@preact/signals";
import { get, MYSELF, onRefused, put } from "./api.js";
import { zone } from "./format.js";
import { nameOf } from "./kinds.js";
import { Live } from "./live.js";
import { followShared, forget } from "./shared.js";
import { RULES } from "./vocabulary.js";
import { isKnown } from "./wall.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Device, Finding, Myself, Room } from "../../page_types/api" */

const SHOW_EVERY_MS = 200;
// A tab that is out of sight gives its connection back after this; it resumes without a gap.
const REST_AFTER_MS = 20_000;
// Rooms are on no stream.
const ROOMS_EVERY_MS = 5 * 60_000;
// They are on a disk that may be slow, devices are not.
const ROOMS_MS = 250;
// A stream takes a process of its own to open, which is to take no time of what is seen first; but some it may.
const FIRST_MS = 1_000;
const PAINT_MS = 50;
const FINDINGS = [...Object.values(RULES).flat(), "ai_episode", "ai_progress", "ai_done"];
// An entry of the logbook; what the one who is looking has looked at, perhaps elsewhere.
const DOINGS = ["diario", "visto"];
const ROLES = ["lectura", "miembro", "admin"];

/** Who is looking; `null` until known, `false` where one has to sign in. @type {Signal<Myself | false | null>} */
export const me = signal(null);
/**
 * The map is replaced when a device comes or goes, and only then.
 * @type {Signal<Map<number, Signal<Device>>>}
 */
export const devices = signal(new Map());
/**
 * What devices were called that have gone since the page was opened, by id; only a restored backup has them again.
 * @type {Signal<Map<number, string>>}
 */
export const gone = signal(new Map());
/** Whether the list has been read at all. */
export const known = signal(false);
/** By name. @type {Signal<Room[]>} */
export const rooms = signal([]);
/** The newest heard live, newest first; the feed reads the older ones. @type {Signal<Finding[]>} */
export const fresh = signal([]);
/**
 * The ids of the newest finding that the one who is looking has looked at, on whatever device, and of the newest that
 * there is; `null` until known.
 */
export const seen = signal(null);
export const newest = signal(0);
/** Whether there is a finding that they have not looked at. */
export const unseen = computed(() => seen.value !== null && newest.value > seen.value);
/** How many entries of the logbook were heard of: whoever shows it reads it again. */
export const doings = signal(0);

/** Whether `role` ("lectura", "miembro", "admin") is within what the one who is looking may do. */
export const may = (role) => (me.value ? ROLES.indexOf(me.value.rol) >= ROLES.indexOf(role) : false);

/** @type {Map<number, Device>} */
let waiting = new Map();
let timer = 0;
let shownAt = 0;
const listeners = new Set();

/** Call `listen(device)` with every report shown from now on; the function returned ends that. */
export function onReport(listen) {
  listeners.add(listen);
  return () => listeners.delete(listen);
}

/** Take in a device as the server answers a command: shown at once, unless the stream has been faster. */
export function take(device) {
  const known = waiting.get(device.id) ?? devices.peek().get(device.id)?.peek();
  if (!known || !isOlder(device, known)) hear(device);
  clearTimeout(timer);
  show();
}

const isOlder = (one, other) =>
  one.version < other.version || (one.version === other.version && one.visto_en < other.visto_en);

// For each list that is being read the ids of the devices that were heard of, or have gone, meanwhile.
const outrun = new Set();

function hear(device) {
  if (gone.peek().has(device.id)) return; // an answer that was on its way
  waiting.set(device.id, device);
  for (const ids of outrun) ids.add(device.id);
  timer ||= setTimeout(show, shownAt + SHOW_EVERY_MS - performance.now());
}

/** The devices with these ids are no more: seen at once. */
export function drop(...ids) {
  if (ids.length === 0) return;
  batch(() => {
    const [left, away] = [new Map(devices.peek()), new Map(gone.peek())];
    for (const id of ids.filter((id) => !away.has(id))) {
      const there = waiting.get(id) ?? left.get(id)?.peek();
      away.set(id, there ? nameOf(there) : "");
      for (const ids of outrun) ids.add(id);
      waiting.delete(id);
      left.delete(id);
    }
    devices.value = left;
    gone.value = away;
  });
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
  shownAt = performance.now();
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

const stream = new Live(followShared, ["message", ...FINDINGS, ...DOINGS], {
  afresh: () => Promise.all([readDevices(), readNewestFinding()]),
  take: (name, told) => {
    if (name === "message") takeDevice(told);
    else if (name === "diario") doings.value += 1;
    else if (name === "visto") seen.value = Math.max(seen.peek() ?? 0, told.hasta);
    else takeFinding(told);
  },
  at: (name, told) => Date.parse(name === "message" ? told.visto_en : (told.ts_utc ?? told.ts)),
  lost: () => {
    lookAgain();
    // Where something keeps streams back there is still what is answered.
    if (heardAt.peek() === 0) readDevices().catch(() => {});
  },
});

function takeDevice(device) {
  if (device.event === "device_removed") return drop(device.id);
  hear(device);
  return meet(device.habitacion_id);
}

/** "opening", "live" or "lost": whether what is shown of the devices is what is. */
export const connection = stream.state;
/** When it last was, in milliseconds since the epoch; 0 before the first time. */
export const heardAt = stream.heardAt;

// What was read at the start, and is shown until the stream says more, is as good as what is heard.
const justRead = signal(false);
/** Whether what is shown of the devices may be old. */
export const stale = computed(() => connection.value !== "live" && !justRead.value);

connection.subscribe((state) => {
  if (state !== "opening") justRead.value = false;
});

/** What is seen first waits neither for who is looking nor for the stream. */
async function readEarly() {
  if (document.hidden) return;
  justRead.value = true;
  await Promise.race([readDevices(), after(FIRST_MS)]);
  await after(PAINT_MS);
}

let lists = 0;
let newestList = 0;

async function readDevices() {
  lists += 1;
  const mine = lists;
  const newer = new Set();
  const inRooms = readRooms();
  inRooms.catch(() => {}); // awaited in the end
  outrun.add(newer);
  try {
    const told = await get("/dispositivos");
    // Or all cards are drawn twice.
    if (!known.peek()) await Promise.race([inRooms.catch(() => {}), after(ROOMS_MS)]);
    if (mine < newestList) return;
    newestList = mine;
    for (const device of told) if (!newer.has(device.id)) waiting.set(device.id, device);
    const there = new Set(told.map(({ id }) => id));
    gone.value = new Map([...gone.peek()].filter(([id]) => newer.has(id) || !there.has(id)));
    drop(...[...devices.peek().keys()].filter((id) => !there.has(id) && !newer.has(id)));
  } finally {
    outrun.delete(newer);
  }
  clearTimeout(timer);
  show();
  known.value = true;
  await inRooms;
}

const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let readings = 0;

/** Read the rooms again, which are answered too. */
export async function readRooms() {
  readings += 1;
  const mine = readings;
  const told = await get("/habitaciones");
  if (mine === readings) rooms.value = told;
  return rooms.value;
}

function readRoomsAgain() {
  if (me.peek() && !document.hidden) readRooms().catch(() => {}); // the next time will do
}

async function readNewestFinding() {
  const [page, looked] = await Promise.all([get("/ai/eventos?per_page=1"), get("/ai/vistos")]);
  batch(() => {
    if (page.data.length) newest.value = Math.max(newest.value, page.data[0].evento_id);
    seen.value = Math.max(seen.peek() ?? 0, looked.hasta);
    // What was heard in between may be missing here.
    doings.value += 1;
  });
}

function takeFinding(told) {
  // What lasts is brought up to date: it comes again under its id, and is shown as what it began as.
  const finding = told.episodio_de ? { ...told, event: told.episodio_de } : told;
  const others = fresh.value.filter(({ evento_id }) => !evento_id || evento_id !== finding.evento_id);
  fresh.value = [finding, ...others].slice(0, 100);
  if (finding.evento_id) newest.value = Math.max(newest.value, finding.evento_id);
}

/** The findings have been looked at: said once each, and told to this person's other screens by the server. */
export function lookedAtFindings() {
  const upto = newest.peek();
  if (seen.peek() === null || upto <= seen.peek()) return;
  seen.value = upto;
  put("/ai/vistos", { hasta: upto }).catch(() => {}); // the next finding says it again
}

let rest = 0;

function whenSeenOrNot() {
  clearTimeout(rest);
  if (document.hidden) {
    rest = setTimeout(pause, REST_AFTER_MS);
  } else {
    resume();
    readRoomsAgain();
    if (me.peek() === false) lookAgain(); // somebody may have signed in in another tab
  }
}

function pause() {
  justRead.value = false;
  stream.pause();
}

function resume() {
  if (!me.peek() || document.hidden) return;
  stream.resume();
}

/** Find out who is looking and, where that is known, begin to listen. */
export async function enter() {
  // Whoever may see the house reads it again.
  const shown = me.peek() === null ? readEarly().catch(() => {}) : null;
  const who = await whoIsLooking();
  // Somebody else only: who finds themselves again would have all views drawn anew.
  if (JSON.stringify(who) === JSON.stringify(me.peek())) return;
  if (who && isKnown(who.zona_horaria.iana)) zone.value = who.zona_horaria.iana;
  // What was heard for somebody else is not for them.
  if (me.peek()) {
    forget();
    stream.forget();
    seen.value = null;
  }
  me.value = who;
  await shown;
  resume();
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

// The windows of a browser are one person's: whoever comes in, or leaves, in one of them does so in all.
const windows = "BroadcastChannel" in globalThis ? new BroadcastChannel("casa") : null;
windows?.addEventListener("message", lookAgain);

/** Somebody has come in, or left, in this window. */
export const tellWindows = () => windows?.postMessage(null);

/** Hear no more, forget everything. */
export function leave() {
  forget();
  tellWindows();
  stream.close();
  location.reload();
}

setInterval(readRoomsAgain, ROOMS_EVERY_MS);
document.addEventListener("visibilitychange", whenSeenOrNot);
addEventListener("online", resume);
// A window that is gone is not to be told anything; one that is gone back to is.
addEventListener("pagehide", pause);
addEventListener("pageshow", (event) => event.persisted && resume());
