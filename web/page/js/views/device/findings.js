/** What the rules have found in a stretch of time, and what they take for normal. */
import { get } from "../../api.js";
import { spanOf } from "./ranges.js";

const PAGE = 200;
// More marks than these could not be told apart on any screen.
const PAGES = 5;

/** What rule 1 holds the device's readings to (`data`), and what each metric is (`medidas`), by metric. */
export const readBounds = (deviceId) => get(`/dispositivos/${deviceId}/limites`);

/** Those of one metric, whatever it is called; `null` where there are none. */
export const boundsOf = (bounds, metric) => (bounds && Object.hasOwn(bounds, metric) ? bounds[metric] : null);

/** `{anomalies, outages, before}`: findings of rules 1 and 4 in the range, and the last of rule 4 before it. */
export async function readFindings(deviceId, range) {
  const { since } = spanOf(range, Date.now() / 1000);
  const until = range.until === null ? "" : `&hasta=${range.until}`;
  const [anomalies, outages, before] = await Promise.all([
    all(`/ai/eventos?dispositivo=${deviceId}&regla=extremos&desde=${since}${until}`),
    all(`/ai/eventos?dispositivo=${deviceId}&regla=offline&desde=${since}${until}`),
    get(`/ai/eventos?dispositivo=${deviceId}&regla=offline&hasta=${since}&per_page=1`),
  ]);
  return { anomalies, outages, before: before.data[0] };
}

/** @param {`/ai/eventos?${string}`} path */
async function all(path) {
  const found = [];
  for (let page = 1; page <= PAGES; page += 1) {
    const told = await get(`${path}&per_page=${PAGE}&page=${page}`);
    found.push(...told.data);
    if (page >= told.pages) break;
  }
  return found;
}
