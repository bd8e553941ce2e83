/** Which devices are shown, and in which order. Pure: no DOM, no signals. */
import { goesOffWithAll, switches } from "../../kinds.js";
import { isActive, isOn } from "./status.js";

const HAS = {
  all: () => true,
  // An open blind is not on.
  on: (device) => isActive(device) && switches(device) && device.capability !== "position",
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
    sensor: device.capability === "sensor",
    serves: serves(device),
    lit: serves(device) && isOn(device, null),
  };
}

/** Whether it is switched off with all that only serves who is there. */
const serves = (device) => device.reclamado && switches(device) && goesOffWithAll(device);

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

/** What favourites stand under, which are in no room while they are. */
export const FAVOURITES = "favourites";

/**
 * `[{room, name, places}]`: the favourites first (`FAVOURITES`); then the rooms, those in `order` as they stand there and the
 * others by name; what is in none (`null`) last. Devices stand by name. `rooms` are the server's; one that is not among them
 * counts as none.
 */
export function grouped(places, rooms, locale, { order = [], favourites = [] } = {}) {
  const letters = lettersOf(locale);
  const known = inOrder(rooms, locale, order);
  const heads = [{ id: FAVOURITES, nombre: "" }, ...known, { id: null, nombre: "" }];
  const groups = new Map(heads.map(({ id, nombre }) => [id, { room: id, name: nombre, places: [] }]));
  for (const place of places.toSorted((a, b) => letters.compare(a.name, b.name) || a.id - b.id)) {
    const room = groups.has(place.room) ? place.room : null;
    groups.get(favourites.includes(place.id) ? FAVOURITES : room).places.push(place);
  }
  return [...groups.values()].filter(({ places: there }) => there.length > 0);
}

const lettersOf = (locale) => new Intl.Collator(locale, { numeric: true, sensitivity: "base" });

/** The server's rooms: those of `order` as they stand there, then the others by name. */
export function inOrder(rooms, locale, order) {
  const letters = lettersOf(locale);
  const rank = ({ id }) => (order.includes(id) ? order.indexOf(id) : order.length);
  return rooms.toSorted((a, b) => rank(a) - rank(b) || letters.compare(a.nombre, b.nombre));
}

/**
 * Which of `groups` stand open: what was `opened` or closed by hand as it was, of the others all, or, on a `narrow` window,
 * those from the top that together have no more than `most` devices.
 */
export function openGroups(groups, opened, narrow, most) {
  let above = 0;
  return groups.map(({ room, places: there }) => {
    above += there.length;
    return opened[room ?? "none"] ?? (!narrow || above <= most);
  });
}
