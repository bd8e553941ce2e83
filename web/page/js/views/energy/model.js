/** Periods of the calendar, and how one compares with the one before. Dates are "2026-11-29". Pure. */

/** @typedef {"dia" | "mes" | "anio"} Span */

/** @type {Span[]} */
export const SPANS = ["dia", "mes", "anio"];

const MONTHS = { dia: 0, mes: 1, anio: 12 };
// What differs by less than one in a hundred is as much as before.
const SAME = 0.01;

const dated = (text) => new Date(`${text}T00:00:00Z`);
const written = (date) => date.toISOString().slice(0, 10);

/** The first day of the period that `date` lies in. */
export function firstDay(span, date) {
  if (span === "dia") return date;
  return span === "mes" ? `${date.slice(0, 7)}-01` : `${date.slice(0, 4)}-01-01`;
}

/** The first day of the period `count` after the one that `date` lies in. */
export function moved(span, date, count) {
  const day = dated(firstDay(span, date));
  if (span === "dia") day.setUTCDate(day.getUTCDate() + count);
  else day.setUTCMonth(day.getUTCMonth() + count * MONTHS[span]);
  return written(day);
}

/** Whether the period of `date` is the one that `today` lies in. */
export const isCurrent = (span, date, today) => firstDay(span, date) === firstDay(span, today);

/** The one that its parts are: a year's are months, a month's are days, a day's hours are no period. */
export const partOf = (span) => (span === "anio" ? "mes" : span === "mes" ? "dia" : null);

/** `path` of the address, `["mes", "2026-11-29", "h3"]`, as far as it makes sense. */
export function asked([span, date, scope = ""], today) {
  const known = SPANS.includes(span) ? span : "mes";
  const valid = /^\d{4}-\d\d-\d\d$/.test(date ?? "") && !Number.isNaN(dated(date).getTime());
  const [, what, id] = /^([dh])(\d{1,15})$/.exec(scope) ?? [];
  return {
    span: known,
    date: firstDay(known, valid ? date : today),
    device: what === "d" ? Number(id) : null,
    room: what === "h" ? Number(id) : null,
  };
}

/** How many times as much as before it is, less one; 0 where that is next to nothing, `null` where there was none. */
export function change(kwh, before) {
  if (!(before > 0)) return null;
  const times = kwh / before - 1;
  return Math.abs(times) < SAME ? 0 : times;
}

/** The least round number that is not below `value`: what the axis ends at. */
export function roundedUp(value) {
  if (!(value > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((times) => times * unit).find((round) => round >= value * 0.999_999);
}
