/** How moments are written below a chart, on this browser's clock. */

const DAY = 86_400;
const FORMS = {
  second: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  minute: { hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  month: { month: "short", year: "2-digit" },
};
const FORMATS = new Map();

function format(language, form) {
  const key = `${language}/${form}`;
  if (!FORMATS.has(key))
    FORMATS.set(key, new Intl.DateTimeFormat(language, { ...FORMS[form], hourCycle: "h23" }));
  return FORMATS.get(key);
}

/** The words for ticks at `moments`, `apart` seconds from one another: a day's name where a day begins. */
export function tickWords(moments, apart, language) {
  return moments.map((moment) => {
    const at = new Date(moment * 1000);
    const midnight = at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0;
    if (apart >= 28 * DAY) return format(language, "month").format(at);
    if (apart >= DAY || midnight) return format(language, "day").format(at);
    return format(language, apart < 60 ? "second" : "minute").format(at);
  });
}
