/** Which settings of a device can be edited, and what of a draft is a change. Pure. */

// What each capability is asked for directly; offered even before anybody has set it.
const DIRECT = {
  __proto__: null,
  position: "posicion",
  speed: "velocidad",
  lock: "bloqueada",
  setpoint: "temp_objetivo",
  duration: "duracion_min",
};
const TYPES = { __proto__: null, bloqueada: "boolean" };
const LIMITS = {
  __proto__: null,
  posicion: { min: 0, max: 100 },
  velocidad: { min: 0, max: 100 },
  temp_objetivo: { min: -50, max: 100 },
  duracion_min: { min: 1, max: 1440 },
  intervalo_envio: { min: 1, max: 86_400 },
};
const ELSEWHERE = ["modo", "encendido", "clima", "apagar_con_todo", "manual_hasta"];
const SCALARS = ["boolean", "number", "string"];

const isSchedule = (key) => key === "horarios" || key.startsWith("horarios_");

/** Whether the weather says something to it, by the table of rule 6 that comes with the system. */
export const heedsWeather = ({ capability }) => capability === "duration" || capability === "position";

/** Whether it can be switched off with all others, or be left on. */
export const heedsAllOff = ({ capability }) => capability === "binary" || capability === "speed";

// By the form of a control.
const FORMS = {
  __proto__: null,
  interruptor: "boolean",
  numero: "number",
  opcion: "choice",
  color: "color",
  texto: "string",
};

/**
 * `[{key, type, limits, choices}]`: "boolean", "number", "string", "choice" or "color"; the best known first. Mode, schedules and
 * weather stand elsewhere.
 */
export function fieldsOf({ configuracion, capability, ordenes: orders }) {
  const scheduled = configuracion.modo === "horario";
  const known = [
    ...(scheduled || capability === "sensor" ? [] : ["encendido"]),
    ...(DIRECT[capability] ? [DIRECT[capability]] : []),
    "intervalo_envio",
  ].filter((key) => !orders || Object.hasOwn(orders, key)); // a device of another make takes these alone
  const set = Object.keys(configuracion).filter((key) => SCALARS.includes(typeof configuracion[key]));
  const others = [...new Set([...Object.keys(orders ?? {}), ...set])]
    .filter((key) => !ELSEWHERE.includes(key) && !isSchedule(key) && !known.includes(key))
    .sort();
  return [...known, ...others].map((key) => {
    const control = orders?.[key];
    return {
      key,
      type: FORMS[control?.forma] ?? typeOf(key, configuracion[key]),
      limits: control?.forma === "numero" ? { min: control.min, max: control.max } : (LIMITS[key] ?? {}),
      choices: control?.opciones ?? [],
    };
  });
}

function typeOf(key, value) {
  if (SCALARS.includes(typeof value)) return typeof value;
  return key === "encendido" ? "boolean" : (TYPES[key] ?? "number");
}

/** What is only shown: `[[key, value]]`, whatever is nested or nothing. */
export const fixedOf = (configuration) =>
  Object.entries(configuration).filter(([key, value]) => !isSchedule(key) && !SCALARS.includes(typeof value));

/** The keys of `draft` whose value is another than in `configuration`; what was emptied is none. */
export const changesOf = (draft, configuration) =>
  Object.fromEntries(
    Object.entries(draft).filter(
      ([key, value]) => value !== "" && value !== null && value !== configuration[key],
    ),
  );
