/** Orders on their way: shown at once, sent one after the other, and followed until the device confirms them. */
import { signal } from "@preact/signals";
import { post, put } from "../../api.js";
import { zone } from "../../format.js";
import { devices, take } from "../../house.js";
import { attempt } from "../../ui.js";
import { byHand } from "./by_hand.js";

// Who has not confirmed by then most likely does something else.
const PATIENCE_MS = 15_000;
const CONFIRMED_FOR_MS = 4_000;

class Order {
  /** "settled", "waiting" for the device, or "confirmed" by it a moment ago. */
  phase = signal("settled");
  /** The keys of `configuracion`, or `estado`, that are on their way; else `null`. */
  sending = signal(null);
  next = null;
  /** Settles when nothing is on its way any more; else `null`. @type {Promise<void> | null} */
  running = null;
  #seen = null;
  #timer = 0;

  /** Look at what the device is now. */
  follow({ version, sincronizado }) {
    const before = this.#seen;
    this.#seen = { version, sincronizado };
    if (!before) return;
    if (sincronizado === false && version > before.version) this.#enter("waiting", PATIENCE_MS);
    if (sincronizado && before.sincronizado === false) this.#enter("confirmed", CONFIRMED_FOR_MS);
  }

  #enter(phase, forMs) {
    clearTimeout(this.#timer);
    this.phase.value = phase;
    this.#timer = setTimeout(() => {
      this.phase.value = "settled";
    }, forMs);
  }
}

const orders = new Map();

export function orderOf(id) {
  if (!orders.has(id)) orders.set(id, new Order());
  return orders.get(id);
}

/**
 * Have `wishes` come true: keys of `configuracion`, or `estado` in mode `horario`. While an order is on its way
 * later ones are gathered into one. What is refused rejects, and is shown as it was before.
 */
export function order(id, wishes) {
  const mine = orderOf(id);
  mine.next = { ...mine.next, ...wishes };
  mine.sending.value = { ...mine.sending.peek(), ...wishes };
  mine.running ??= all(id, mine).finally(() => {
    mine.running = mine.next = mine.sending.value = null;
  });
  return mine.running;
}

async function all(id, mine) {
  while (mine.next) {
    const body = bodyOf(mine.next);
    mine.next = null;
    await carriedOut(id, body);
  }
}

/** The same; what is refused is said in a toast, once. */
export async function send(id, wishes) {
  const busy = orderOf(id).running !== null;
  const done = order(id, wishes);
  await (busy ? done.catch(() => {}) : attempt(() => done));
}

/** The same by hand: where a schedule rules, until its next change. */
export const sendByHand = (device, wishes) =>
  send(device.id, byHand(device, wishes, Date.now(), zone.peek()));

/** Halt it where it is. Wishes that were not sent yet are dropped; what is on its way comes before. */
export const halt = (id) =>
  attempt(async () => {
    const mine = orderOf(id);
    mine.next = null;
    await mine.running?.catch(() => {});
    take(await post(`/dispositivos/${id}/parar`));
  });

async function carriedOut(id, body) {
  const answer = await put(`/dispositivos/${id}`, body);
  take(answer);
  // The device may have confirmed it in the stream before the answer came.
  orderOf(id).follow(answer);
  const now = devices.peek().get(id)?.peek();
  if (now) orderOf(id).follow(now);
}

function bodyOf({ estado, ...configuracion }) {
  const body = estado === undefined ? {} : { estado };
  return Object.keys(configuracion).length ? { ...body, configuracion } : body;
}
