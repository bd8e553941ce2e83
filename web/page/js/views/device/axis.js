/** How moments are written below a chart, on the clock of the house. */
import { onTheWall, zone } from "../../format.js";
import { DAY_MS } from "../../wall.js";

const DAY = 86_400;
const FORMS = {
  second: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  minute: { hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  month: { month: "short", year: "2-digit" },
};
const FORMATS = new Map();

function format(language, form) {
  const key = `${language}/${form}/${zone.value}`;
  if (!FORMATS.has(key)) {
    const options = { ...FORMS[form], hourCycle: "h23", timeZone: zone.value };
    FORMATS.set(key, new Intl.DateTimeFormat(language, options));
  }
  return FORMATS.get(key);
}

/** The words for ticks at `moments`, `apart` seconds from one another: a day's name where a day begins. */
export function tickWords(moments, apart, language) {
  return moments.map((moment) => {
    const at = new Date(moment * 1000);
    const midnight = onTheWall(at) % DAY_MS === 0;
    if (apart >= 28 * DAY) return format(language, "month").format(at);
    if (apart >= DAY || midnight) return format(language, "day").format(at);
    return format(language, apart < 60 ? "second" : "minute").format(at);
  });
}
