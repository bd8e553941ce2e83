/** What kinds of devices and their readings are called, and how a reading is told. */
import { reading } from "./format.js";
import { flat, numberOf, partsOf } from "./readings.js";
import { KINDS, READINGS } from "./vocabulary.js";
import { language, t } from "./words.js";

const kindOf = (kind) => KINDS[kind] ?? KINDS.generico;

/** The drawing of a kind, or of a device of no known one. */
export const iconOf = (kind) => kindOf(kind).icon;

/** What a kind is called: "Termómetro". */
export const kindName = (kind) => kindOf(kind)[language.value];

/**
 * The unit of a metric: as the device tells it, else by its name; "" where none is known. Nested ones by their last part.
 * @param {string} metric
 * @param {{ unidades?: Record<string, string> }} [device]
 */
export const unitOf = (metric, { unidades: told = {} } = {}) => {
  if (Object.hasOwn(told, metric)) return told[metric];
  return READINGS[knownPart(last(metric))]?.unit ?? "";
};

// What nothing has less of than none.
const COUNTED = ["%", "lx", "ppm", "kbit/s", "l/min"];

/** Bounds that a metric of this unit can reach: what is reckoned from a past may go beyond. */
export function reachable({ min, max }, unit) {
  const least = COUNTED.includes(unit) && min !== null ? Math.max(min, 0) : min;
  return { min: least, max: unit === "%" && max !== null ? Math.min(max, 100) : max };
}

/** What a metric is called: "Temperatura", "Corriente (b)"; nested ones by their last part. */
export const metricName = (metric) => {
  const name = last(metric);
  const known = knownPart(name);
  const end = name.slice(known.length + 1).replaceAll("_", " ");
  const words = READINGS[known]?.[language.value] ?? known.replaceAll("_", " ");
  return end ? `${words} (${end})` : words;
};

/** Of "corriente_a_b" what there are words for: "corriente_a"; all of what there are none for. */
function knownPart(name) {
  for (let part = name; part; part = part.slice(0, Math.max(part.lastIndexOf("_"), 0)))
    if (part in READINGS) return part;
  return name;
}

/**
 * The name of the reading shown first: what a detector is there for, else the kind's own, else the first number; `null`
 * where there is none.
 */
export function mainMetric({ kind, parametros, alarmas, lecturas_no_validas: invalid = [] }) {
  const alarm = alarmNow({ alarmas }) ?? detected({ kind, alarmas });
  if (alarm !== null) return alarm;
  const named = kindOf(kind).main.find((name) => Object.hasOwn(parametros, name) || invalid.includes(name));
  return named ?? flat(parametros).find(([, value]) => numberOf(value) !== null)?.[0] ?? invalid[0] ?? null;
}

/**
 * What a reading that is an alarm says: "Sin humo", "¡Humo!"; `null` of one that is none, or says neither.
 * @param {{ alarmas?: import("../../page_types/api").Device["alarmas"] }} device
 */
export function alarmWords({ alarmas }, metric) {
  const { peligro, activa = null } = alarmas?.[metric] ?? {};
  return activa === null ? null : t(`alarm.${peligro}.${activa}`);
}

/** The metric of the alarm that there is now, the others before a low battery; `null` where there is none. */
export const alarmNow = ({ alarmas = {} }) =>
  byUrgency(alarmas).find((metric) => alarmas[metric].activa === true) ?? null;

// A thermometer may well tell of its battery, and a door that nobody has tampered with it.
const DETECTED = ["fuego", "humo", "co", "gas", "agua", "vidrio"];

/** The metric of the alarm that a detector is there for, while there is none; `null` of what measures something else. */
function detected({ kind, alarmas: alarms = {} }) {
  if (kind !== "sensor_humo" && kind !== "generico") return null;
  const own = kind === "sensor_humo" ? () => true : (metric) => DETECTED.includes(alarms[metric].peligro);
  return byUrgency(alarms).find((metric) => alarms[metric].activa !== null && own(metric)) ?? null;
}

const byUrgency = (alarms) => {
  const isBattery = (metric) => alarms[metric].peligro === "bateria";
  return Object.keys(alarms).sort((one, other) => Number(isBattery(one)) - Number(isBattery(other)));
};

/** Whether the device last sent something under `metric` that is no number. */
export const isInvalid = ({ lecturas_no_validas: invalid = [] }, metric) => invalid.includes(metric);

// Devices may send readings that there are no words for.
const named = (key, otherwise) => {
  const name = t(key);
  return name === key ? otherwise : name;
};
const last = (metric) => partsOf(metric).at(-1);

/** A reading of `metric` in words or with its unit: "23,4 °C", "Con llave", and of the `device` as it now is, "Sin humo". */
export const readingOf = (metric, value, device = {}) =>
  alarmWords(device, metric) ?? plainReading(metric, value, device);

const plainReading = (metric, value, device) =>
  typeof value === "boolean"
    ? named(`reading.${knownPart(last(metric))}.${value}`, reading(value))
    : reading(value, unitOf(metric, device));

/** Whether whoever switches everything off means it too: by its kind, unless people have said otherwise. */
export const goesOffWithAll = ({ kind, configuracion: { apagar_con_todo: said } }) =>
  typeof said === "boolean" ? said : kindOf(kind).off;

/** Whether it can be switched on and off; sensors only tell. */
export const switches = (device) => device.capability !== "sensor" && device.capability !== "lock";

/** What it is called: its name, or the serial number until it has one. */
export const nameOf = (device) =>
  device.nombre && device.nombre !== "No definido" ? device.nombre : device.serial_number;
