/** The last hour of one reading of each device that was looked at: a point a minute, first told, then heard live. */
import { signal } from "@preact/signals";
import { get } from "../../api.js";
import { connection, heardAt, onReport } from "../../house.js";
import { numberOf, readingAt } from "../../readings.js";

const MINUTE_MS = 60_000;
export const MINUTES = 60;
// Of the six connections that a browser has for all its tabs the stream holds one; the rest of the page wants some.
const AT_ONCE = 4;

const all = new Map();
// How often there was a gap in what is heard: of what was missed only the end is told.
const gaps = signal(0);
let whole = true;

connection.subscribe((state) => {
  if (state !== "live") whole = heardAt.peek() === 0;
  else if (!whole) gaps.value += 1;
});

// When the newest report came by the server's clock, which need not be this browser's.
let latest = 0;

/**
 * The series of a device's `metric`, asked for when it is first wanted and, as a new one, after a gap. A device has
 * one at a time.
 */
export function seriesOf(id, metric) {
  const known = all.get(id);
  if (known?.metric === metric && known.gaps === gaps.value) return known;
  const series = new Series(id, metric, gaps.value);
  all.set(id, series);
  askInTurn(series);
  return series;
}

class Series {
  /** Grows with each change: who draws the points draws them again. */
  changed = signal(0);
  #points = []; // {minute, sum, n}, oldest first
  #at = 0;

  constructor(id, metric, gaps) {
    this.id = id;
    this.metric = metric;
    this.gaps = gaps;
  }

  async ask() {
    const since = new Date((latest || Date.now()) - MINUTES * MINUTE_MS).toISOString();
    const query = new URLSearchParams({ metric: this.metric, desde: since, paso: "60" });
    const { data } = await get(`/dispositivos/${this.id}/estadisticas?${query}`);
    const heard = this.#points;
    const told = data
      .map(({ inicio, media, n }) => ({ minute: minuteOf(Date.parse(inicio)), sum: media * n, n }))
      .filter(({ minute }) => !heard.length || minute < heard[0].minute);
    this.#points = [...told, ...heard];
    this.changed.value += 1;
  }

  hear(device, at) {
    const told = readingAt(device.parametros, this.metric);
    const value = typeof told === "boolean" ? Number(told) : numberOf(told);
    // A change by people tells the device again without a new report.
    if (at <= this.#at || value === null) return;
    this.#at = at;
    this.#add(minuteOf(at), value);
    this.changed.value += 1;
  }

  #add(minute, value) {
    const last = this.#points.at(-1);
    if (last?.minute === minute) {
      last.sum += value;
      last.n += 1;
      return;
    }
    this.#points.push({ minute, sum: value, n: 1 });
    while (minute - this.#points[0].minute >= MINUTES) this.#points.shift();
  }

  /** `[[minute, mean]]`: minutes of the hour that ends now, from 0 to 60. */
  points() {
    const first = minuteOf(latest) - MINUTES;
    return this.#points
      .map(({ minute, sum, n }) => [minute - first, sum / n])
      .filter(([minute]) => minute >= 0);
  }
}

const minuteOf = (ms) => Math.floor(ms / MINUTE_MS);

onReport((device) => {
  if (!device.visto_en) return;
  const at = Date.parse(device.visto_en);
  latest = Math.max(latest, at);
  all.get(device.id)?.hear(device, at);
});

const waiting = [];
let running = 0;

async function askInTurn(series) {
  waiting.push(series);
  if (running === AT_ONCE) return;
  running += 1;
  while (waiting.length) {
    const next = waiting.shift();
    // Until then the line begins with what is heard from now on.
    if (isWanted(next)) await next.ask().catch(() => setTimeout(askAgain, MINUTE_MS, next));
  }
  running -= 1;
}

const isWanted = (series) => all.get(series.id) === series;

function askAgain(series) {
  if (isWanted(series)) askInTurn(series);
}
