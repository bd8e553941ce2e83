/** Searches through the history, whoever began them: how far they are and what they have found. */
import { effect, signal } from "@preact/signals";
import { post } from "../../api.js";
import { now } from "../../format.js";
import { fresh } from "../../house.js";

// Nobody reads on after so many; how many there are is told at the end.
const SHOWN = 200;
// One that a restart of the house interrupts is forgotten there, without a word.
const SILENCE_MS = 60_000;

export const keyOf = (deviceId, metric) => `${deviceId}/${metric}`;

/** By `keyOf`: `{deviceId, serial, metric, progress, found, done, heardAt}`, found ones newest first. */
export const searches = signal(new Map());

/** Ask for the last `days` of a metric. It may be over before the answer has come. Throws ApiError. */
export async function begin({ id, serial_number }, metric, days) {
  put(
    after(
      undefined,
      { dispositivo_id: id, serial_number, metric, event: "ai_progress", progress: 0 },
      Date.now(),
    ),
  );
  try {
    await post("/ai/anomaly", { dispositivo_id: id, metric, days });
  } catch (error) {
    searches.value = new Map([...searches.peek()].filter(([key]) => key !== keyOf(id, metric)));
    throw error;
  }
}

/** Whether it is still going on, as far as is known. */
export const isRunning = (search) => search.done === null && !isLost(search);

export const isLost = (search) => search.done === null && now.value - search.heardAt > SILENCE_MS;

/** The search as it stands after `event` of it, `before` being nothing at first. Pure. */
export function after(before, event, heardAt) {
  const { dispositivo_id: deviceId, serial_number: serial, metric } = event;
  const anew = { deviceId, serial, metric, progress: 0, found: [], done: null, heardAt };
  const search = before && event.progress !== 0 ? { ...before, heardAt } : anew;
  if (event.event === "ai_done") return { ...search, progress: 100, done: event };
  if (event.event === "ai_progress") return { ...search, progress: event.progress };
  return { ...search, found: [event, ...search.found].slice(0, SHOWN) };
}

function put(search) {
  searches.value = new Map(searches.peek()).set(keyOf(search.deviceId, search.metric), search);
}

let last = null;

effect(() => {
  const known = fresh.value.indexOf(last);
  const news = known < 0 ? fresh.value : fresh.value.slice(0, known);
  last = fresh.value[0] ?? null;
  for (const event of news.filter(({ evento_id }) => !evento_id).reverse()) {
    put(after(searches.peek().get(keyOf(event.dispositivo_id, event.metric)), event, Date.now()));
  }
});
