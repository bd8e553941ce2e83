/** Amounts and periods in the words of the language. */
import { number, zone } from "../../format.js";
import { language, t } from "../../words.js";
import { change } from "./model.js";

export const kwh = (value) => number(value, "kWh", value >= 100 ? 0 : value >= 10 ? 1 : 2);

/** "12,30 €"; "" where there is no price. */
export function money(value, currency) {
  if (value === null) return "";
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return `${new Intl.NumberFormat(language.value, digits).format(value)}\u00a0${currency}`;
}

/** Both, as far as there are both. */
export const amount = ({ kwh: used, coste }, currency) =>
  [kwh(used), money(coste, currency)].filter(Boolean).join(" · ");

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const PERIODS = {
  dia: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
  mes: { month: "long", year: "numeric" },
  anio: { year: "numeric" },
};

/** "noviembre de 2026" of its first day. */
export const periodName = (span, date) =>
  new Intl.DateTimeFormat(language.value, { timeZone: "UTC", ...PERIODS[span] }).format(
    new Date(`${date}T00:00:00Z`),
  );

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const PARTS = {
  dia: { hour: "2-digit", minute: "2-digit" },
  mes: { weekday: "short", day: "numeric", month: "long" },
  anio: { month: "long" },
};
/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const SHORT = {
  dia: { hour: "numeric", hourCycle: "h23" },
  mes: { day: "numeric" },
  anio: { month: "narrow" },
};

const onTheWall = (at, options) =>
  new Intl.DateTimeFormat(language.value, { timeZone: zone.value, ...options }).format(new Date(at));

/** The part of a period that begins at `at`: "14:00", "dom, 29 de noviembre", "noviembre". */
export const partName = (span, at) => onTheWall(at, PARTS[span]);
/** As it stands under a bar. */
export const partMark = (span, at) => onTheWall(at, SHORT[span]);

/** "12 % menos que el mes pasado por estas fechas"; "" where there is nothing to compare with. */
export function comparison({ kwh: used, anterior, periodo }, current) {
  const times = anterior.completo ? change(used, anterior.kwh) : null;
  if (times === null) return "";
  const than = t(`energy.than.${current ? "now" : "past"}.${periodo}`);
  if (times === 0) return t("energy.same", { than });
  const share = number(Math.abs(times) * 100, "%", 0);
  return times < 0 ? t("energy.less", { share, than }) : t("energy.more", { share, than });
}
