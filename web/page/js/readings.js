/**
 * What a value that a device sends means: on or off, which number, and under which name. Pure. As the server has it in
 * actors/domain/readings.py; a test holds the two together.
 */

const words = (value, text) => text.split(" ").map((word) => [word, value]);
const SWITCHES = new Map([
  ...words(true, "on true 1 activo activa activado activada encendido encendida encender si sí yes"),
  ...words(false, "off false 0 inactivo inactiva desactivado desactivada apagado apagada apagar no"),
]);

const NUMBER = /^[+-]?(?:0|[1-9][0-9]*)(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const LONGEST = 32;
const EXACT = Number.MAX_SAFE_INTEGER;

/** On or off, of a word in any letters, a truth value, or the number 1 or 0; `null` if it is neither. */
export function switchOf(value) {
  if (typeof value === "boolean") return value;
  if (value === 1 || value === 0) return value === 1;
  return (typeof value === "string" ? SWITCHES.get(value.trim().toLowerCase()) : null) ?? null;
}

/** The number that it is, also as a text that is one whole; `null` if it is none. */
export function numberOf(value) {
  if (typeof value === "number") return value;
  return typeof value === "string" ? numberIn(value.replace(/^ +| +$/g, "")) : null;
}

function numberIn(digits) {
  if (digits.length > LONGEST || !NUMBER.test(digits)) return null;
  const number = Number(digits.replace(",", "."));
  if (/^[+-]?[0-9]+$/.test(digits) && Math.abs(number) > EXACT) return null;
  return Number.isFinite(number) ? number : null;
}

/** A name as it stands within a metric's. */
export const escaped = (name) => name.replaceAll("\\", "\\\\").replaceAll(".", "\\.") || "\\0";

/** `[[metric, value]]` of readings, nested ones by "outer.inner"; lists and what is empty stay whole. */
export function flat(readings, before = "") {
  return Object.entries(readings).flatMap(([name, value]) => {
    const metric = before + escaped(name);
    const inner = value !== null && typeof value === "object" && !Array.isArray(value);
    return inner && Object.keys(value).length ? flat(value, `${metric}.`) : [[metric, value]];
  });
}

/** The names that lead to what `metric` is, outermost first. */
export const partsOf = (metric) =>
  (metric.match(/(?:\\.|[^\\.]|\\$)+/gs) ?? [""]).map((part) =>
    part === "\\0" ? "" : part.replace(/\\(.)/gs, "$1"),
  );

/** What stands in `readings` under `metric`, if anything does. */
export const readingAt = (readings, metric) =>
  partsOf(metric).reduce(
    (outer, name) => (outer && Object.hasOwn(outer, name) ? outer[name] : undefined),
    readings,
  );
