/** A finding in plain words: what was found, and why. Pure but for the language in use. */
import { duration, lowered, moment, number } from "../../format.js";
import { kindName, metricName, nameOf, reachable, unitOf } from "../../kinds.js";
import { t } from "../../words.js";
import { countWords, evidenceOf, rowWords, strongest } from "./evidence.js";

const TELL = {
  __proto__: null,
  ai_anomaly: anomaly,
  ai_misconfig: misconfig,
  ai_suggest: suggest,
  ai_offline: offline,
  ai_back_online: backOnline,
  ai_weather: weather,
  ai_alarm: alarm,
};

/**
 * `{title, why, severity}`; severity is "info", "low", "medium", "high" or "critical". `device` is the finding's, or
 * nothing where it is not known.
 */
export function explain(finding, device) {
  const known = device ?? { serial_number: finding.serial_number, kind: "generico", configuracion: {} };
  const tell = TELL[finding.event] ?? unknown;
  return { severity: finding.severity, ...tell(finding, known, nameOf(known)) };
}

/** The icon of what a rule finds. */
export const iconOf = ({ event }) => ICONS[event] ?? "insights";

const ICONS = {
  __proto__: null,
  ai_anomaly: "warning",
  ai_misconfig: "household",
  ai_suggest: "pending",
  ai_offline: "offline",
  ai_back_online: "check",
  ai_weather: "insights",
  ai_alarm: "warning",
};

/** The reading that was farthest out of the ordinary, with its unit: "120,5 °C". */
export const valueWords = ({ metric, value, pico = value }) => measured(pico, unitOf(metric));

const measured = (value, unit) => number(value, unit, Math.abs(value) < 10 ? 2 : 1);

function anomaly(finding, device, name) {
  const title = t("insights.anomaly", {
    metric: capital(metricName(finding.metric)),
    value: valueWords(finding),
    name,
  });
  const { veces = 1 } = finding;
  const count = veces > 1 ? ` ${t("insights.anomaly.count", { n: veces })}` : "";
  return { title, why: normally(finding, device) + count };
}

/** What would have been normal, and how that is known: from what its kind allows, or from its own past. */
export function normally({ metric, bounds }, device) {
  const unit = unitOf(metric);
  const { min, max } = reachable(bounds, unit);
  const range =
    min === null
      ? t("insights.normal.max", { max: measured(max, unit) })
      : max === null
        ? t("insights.normal.min", { min: measured(min, unit) })
        : t("insights.normal", { min: measured(min, ""), max: measured(max, unit) });
  const known = t(`insights.source.${bounds.source.startsWith("person") ? "person" : bounds.source}`, {
    kind: lowered(kindName(device.kind)),
  });
  return t("insights.normally", { range, known });
}

function misconfig({ suggested_patch, falta_horario }, device, name) {
  const now = device.configuracion;
  const mode = (wanted) => t(`insights.fix.modo.${wanted}`, { kind: lowered(kindName(device.kind)) });
  const reasons = Object.entries(suggested_patch.configuracion).map(([key, wanted]) => {
    if (key === "modo") return mode(wanted);
    if (key === "intervalo_envio") return interval(now[key], wanted);
    return t("insights.fix.other", { key });
  });
  if (falta_horario) reasons.unshift(mode("horario"), t("insights.fix.no_windows"));
  return { title: t("insights.misconfig", { name }), why: reasons.join(" ") };
}

function interval(now, wanted) {
  const way = now > wanted ? "rarely" : now < wanted ? "often" : "other";
  return t(`insights.fix.interval.${way}`, { now: duration(Number(now)), wanted: duration(wanted) });
}

function suggest({ suggested_horarios }, device, name) {
  const rows = evidenceOf(suggested_horarios);
  const row = strongest(rows);
  const does = device.capability === "duration" ? "insights.suggest.waters" : "insights.suggest.runs";
  const seen = row.of ? ` (${countWords(row)})` : "";
  const others = rows.length > 1 ? ` ${t("insights.suggest.others", { n: rows.length - 1 })}` : "";
  return {
    title: t("insights.suggest", { name }),
    why: `${t(does, { when: rowWords(row) })}${seen}.${others}`,
  };
}

function offline({ since_ts_local, seconds_offline, inestable, cortes, hasta }, _, name) {
  if (inestable) {
    const why = t("insights.unstable.why", { n: cortes, since: moment(since_ts_local) });
    return { title: t("insights.unstable", { name }), why };
  }
  const key = `insights.offline.${hasta ? "was" : seconds_offline < 60 ? "why" : "why_long"}`;
  const why = t(key, { since: moment(since_ts_local), lasted: duration(seconds_offline) });
  return { title: t("insights.offline", { name }), why };
}

function backOnline({ was_offline_secs }, _, name) {
  const why = t("insights.back.why", { lasted: duration(was_offline_secs) });
  return { title: t("insights.back", { name }), why };
}

/** Advices that a table of somebody's own gives a name of its own are told as such. */
function weather({ consejo: advice, fin: over, medidas: measured = {} }, _, name) {
  const known = t(`insights.weather.${advice}`, { name });
  if (over) return { title: t("insights.weather.over", { name }), why: t("insights.weather.over.why") };
  const title = known.startsWith("insights.") ? t("insights.weather.other", { name }) : known;
  const told = Object.entries(measured).map(([key, value]) =>
    t(`insights.weather.of.${key}`, { value: number(value) }),
  );
  return { title, why: `${told.join("; ")}.` };
}

function alarm({ metric, peligro, intermitente }, _, name) {
  const title = t("insights.alarm", { what: t(`alarm.${peligro}.true`), name });
  const why = t("insights.alarm.why", { metric: capital(metricName(metric)) });
  return { title, why: intermitente ? `${why} ${t("insights.alarm.comes_and_goes")}` : why };
}

const unknown = (_, __, name) => ({ title: t("insights.other", { name }), why: "" });

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
