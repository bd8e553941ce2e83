/** An entry of the logbook in a sentence, so that nobody has to know of settings' names. */
import { clockTime, duration, isMoment, lowered, reading } from "../../format.js";
import { metricName, nameOf, readingOf } from "../../kinds.js";
import { language, t } from "../../words.js";
import { settingTitle, settingWords, stateWords } from "../device/names.js";

const SWITCH = "configuracion.encendido";
const METRIC = "parametros.";
const SETTING = "configuracion.";
const LIMIT = "limites.";
const BY_HAND_UNTIL = "configuracion.manual_hasta";

// What nobody calls on and off.
const TURNED = { __proto__: null, position: "moved", lock: "locked" };

/** `[kind, name]` of what has changed, as `["configuracion.", "brillo"]`; a fact of the device itself has no kind. */
function parted(change) {
  const kind = [SETTING, METRIC, LIMIT].find((each) => change.startsWith(each)) ?? "";
  return [kind, change.slice(kind.length)];
}

const list = (names) => new Intl.ListFormat(language.value, { type: "conjunction" }).format(names);

/** Who or what did it; "" where the device itself tells of something. */
export function whoDid({ hecho, origen, nombre, regla }) {
  if (hecho === "lectura") return "";
  if (origen === "regla") return t("logbook.who.regla", { rule: t(`insights.rule.${regla}`) });
  if ((origen === "persona" || origen === "cliente") && nombre) return nombre;
  return t(`logbook.who.${origen}`);
}

/** What was done. `device` is what the page knows of it, `undefined` where it is gone. */
export function whatWasDone(entry, device) {
  const { hecho, cambios, paso_a: turned, regla, origen } = entry;
  const name = device ? nameOf(device) : t("logbook.gone");
  if (hecho === "lectura") return noticed(entry, device, name);
  if (hecho !== "cambio" && hecho !== "informado") return t(`logbook.did.${hecho}`, { name });
  // It comes with what was set by hand, and says no more of it than its value does.
  const others = cambios.filter((change) => change !== BY_HAND_UNTIL);
  const what = list((others.length ? others : cambios).map(changed));
  const did = cambios.includes(SWITCH)
    ? t(`logbook.did.${TURNED[device?.capability] ?? "turned"}.${turned}`, { name })
    : t("logbook.did.cambio", { what, name });
  return regla && origen === "persona"
    ? `${did} ${t("logbook.proposed", { rule: t(`insights.rule.${regla}`) })}`
    : did;
}

/** With from what to what of numbers, for whoever is told values; for the others what has changed. */
function noticed({ cambios, paso_a: turned, valores = {} }, device, name) {
  const known = Object.entries(valores);
  if (turned === null)
    return known.length === 0
      ? t("logbook.measured", {
          name,
          what: list(cambios.map((each) => lowered(metricName(parted(each)[1])))),
        })
      : t("logbook.noticed", { name, what: known.map((each) => measured(each, device)).join(" · ") });
  const [[, metric]] = cambios.map(parted);
  const what =
    typeof turned === "string"
      ? stateWords({ capability: device?.capability }, turned)
      : readingOf(metric, turned);
  const isPlain = what === reading(turned) && metric !== "estado";
  return t("logbook.noticed", { name, what: isPlain ? `${metricName(metric)}: ${what}` : what });
}

/** "Temperatura: 20 °C → 22 °C"; in the unit that the device itself says, if it does. */
function measured([change, { antes, despues }], device) {
  const [, metric] = parted(change);
  const units = { unidades: device?.unidades };
  const [before, after] = [antes, despues].map((value) => readingOf(metric, value, units));
  return `${metricName(metric)}: ${before} → ${after}`;
}

function changed(change) {
  const [kind, name] = parted(change);
  if (kind === SETTING) return lowered(settingTitle(name));
  if (kind === LIMIT) return t("logbook.limits", { metric: lowered(metricName(name)) });
  return t(`logbook.fact.${name}`);
}

/** `[{name, before, after}]` in words, of an entry that has its values and more to tell than that it went on or off. */
export const valuesOf = ({ ts, valores = {} }) =>
  Object.entries(valores)
    .filter(([change]) => change !== SWITCH && !change.startsWith(METRIC) && change !== "habitacion_id")
    .map(([change, { antes, despues }]) => ({
      name: changed(change),
      before: inWords(change, antes, ts),
      after: inWords(change, despues, ts),
    }));

function inWords(change, value, ts) {
  const [kind, name] = parted(change);
  if (value === null) return "–";
  if (change === BY_HAND_UNTIL && isMoment(value)) return clockTime(value, ts);
  if (change === "paciencia_s") return duration(value);
  if (kind === LIMIT) return limitsInWords(name, value);
  return kind === SETTING ? settingWords(name, value) : reading(value);
}

/** What people have decided of a metric: "desde 10 °C, hasta 30 °C, silenciada". */
function limitsInWords(metric, { min, max, silenciada, naturaleza }) {
  const decided = [
    min !== null && t("logbook.limits.from", { value: readingOf(metric, min) }),
    max !== null && t("logbook.limits.to", { value: readingOf(metric, max) }),
    silenciada && t("limits.muted"),
    naturaleza !== null && lowered(t(`limits.nature.${naturaleza}`)),
  ];
  return decided.filter(Boolean).join(", ") || "–";
}
