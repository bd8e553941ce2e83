/** Which devices are shown, and in which order. Pure: no DOM, no signals. */
import { switches } from "../../kinds.js";
import { isActive } from "./status.js";

const HAS = {
  all: () => true,
  on: (device) => isActive(device) && switches(device),
  offline: (device) => !device.en_linea,
  pending: (device) => device.sincronizado === false,
};

export const STATES = Object.keys(HAS);

/** What the list has to know of a device that is called `name`. Readings are no part of it. */
export function placeOf(device, name) {
  return {
    id: device.id,
    serial: device.serial_number,
    name,
    kind: device.kind,
    claimed: device.reclamado,
    room: device.habitacion_id ?? null,
    states: STATES.filter((state) => HAS[state](device)),
  };
}

/** Letters as they are sought: small, without accents. */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * Whether what stands at `place` is sought: `state` is one of STATES, `kind` a kind or "". Each of `words` has to
 * be in its name, its serial number or one of `texts`.
 */
export function fits(place, { words, state, kind }, texts) {
  if (!place.states.includes(state) || (kind && place.kind !== kind)) return false;
  const searched = plain([place.name, place.serial, ...texts].join("\n"));
  return plain(words)
    .split(/\s+/)
    .every((word) => searched.includes(word));
}

/**
 * `[{room, name, ids}]`: rooms by name and those without one (`null`) last, devices by name. `rooms` are the
 * server's; one that is not among them counts as none.
 */
export function grouped(places, rooms, locale) {
  const order = new Intl.Collator(locale, { numeric: true, sensitivity: "base" });
  const names = new Map(rooms.map(({ id, nombre }) => [id, nombre]));
  const groups = new Map();
  for (const { id, room } of places.toSorted((a, b) => order.compare(a.name, b.name) || a.id - b.id)) {
    const known = names.has(room) ? room : null;
    if (!groups.has(known)) groups.set(known, []);
    groups.get(known).push(id);
  }
  return [...groups]
    .map(([room, ids]) => ({ room, name: names.get(room) ?? "", ids }))
    .sort((a, b) => Number(a.room === null) - Number(b.room === null) || order.compare(a.name, b.name));
}
