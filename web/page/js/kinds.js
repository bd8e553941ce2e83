/** What each kind of device is called, which of its readings matters most, and in which units readings are. */
import { reading } from "./format.js";
import { flat, numberOf, partsOf } from "./readings.js";
import { t } from "./words.js";

// Tables that are asked with what comes from outside have no prototype: "constructor" is in none of them.

// The first that a device has is its main one. `modes` of control are the server's capabilities.
const MAIN = {
  __proto__: null,
  luz: ["brillo"],
  riego: ["humedad_suelo", "caudal_lpm"],
  persiana: ["posicion"],
  ventilador: ["velocidad"],
  puerta: ["bloqueada", "abierta"],
  termometro: ["temperatura", "temp", "humedad"],
  camara: ["movimiento", "flujo_kbps"],
  enchufe: ["consumo_w"],
  sensor_luz: ["luz_lux", "lux"],
  sensor_co2: ["co2_ppm", "co2"],
  sensor_humo: ["humo"],
  sensor_mov: ["movimiento"],
  sensor_ruido: ["db"],
};

const UNITS = {
  __proto__: null,
  brillo: "%",
  posicion: "%",
  velocidad: "%",
  humedad: "%",
  humedad_suelo: "%",
  bateria: "%",
  temperatura: "°C",
  temp: "°C",
  temp_objetivo: "°C",
  caudal_lpm: "l/min",
  consumo_w: "W",
  energia_kwh: "kWh",
  luz_lux: "lx",
  lux: "lx",
  co2_ppm: "ppm",
  co2: "ppm",
  db: "dB",
  flujo_kbps: "kbit/s",
  rssi: "dBm",
};

/** The unit of a metric by its name, "" where none is known; nested ones by their last part. */
export const unitOf = (metric) => UNITS[last(metric)] ?? "";

/** The name of the reading shown first: the kind's own, else the first number; `null` where there is none. */
export function mainMetric({ kind, parametros, lecturas_no_validas: invalid = [] }) {
  const named = (MAIN[kind] ?? []).find((name) => Object.hasOwn(parametros, name) || invalid.includes(name));
  return named ?? flat(parametros).find(([, value]) => numberOf(value) !== null)?.[0] ?? invalid[0] ?? null;
}

/** Whether the device last sent something under `metric` that is no number. */
export const isInvalid = ({ lecturas_no_validas: invalid = [] }, metric) => invalid.includes(metric);

// Devices may be of kinds, and send readings, that there are no words for.
const named = (key, otherwise) => {
  const name = t(key);
  return name === key ? otherwise : name;
};
const last = (metric) => partsOf(metric).at(-1);

/** What a kind is called: "Termómetro". */
export const kindName = (kind) => named(`kind.${kind}`, t("kind.generico"));

/** What a metric is called: "Temperatura"; nested ones by their last part. */
export const metricName = (metric) => named(`metric.${last(metric)}`, last(metric).replaceAll("_", " "));

/** A reading of `metric` in words or with its unit: "23,4 °C", "Con llave". */
export const readingOf = (metric, value) =>
  typeof value === "boolean"
    ? named(`reading.${last(metric)}.${value}`, reading(value))
    : reading(value, unitOf(metric));

/** Whether it can be switched on and off; sensors only tell. */
export const switches = (device) => device.capability !== "sensor" && device.capability !== "lock";

/** What it is called: its name, or the serial number until it has one. */
export const nameOf = (device) =>
  device.nombre && device.nombre !== "No definido" ? device.nombre : device.serial_number;
