/** Findings as a list: put together from pages and from what was heard live, sifted, told apart by day. */
import { onTheWall } from "../../format.js";
import { dayOf } from "../../wall.js";

/** Of what lasts more is told later, under the same id. */
const saidAt = ({ ts_utc, actualizado = ts_utc }) => actualizado;

/** One list of both, newest first; of one that stands in both, what was said last, or that of `others`. */
export function merged(findings, others) {
  const byId = new Map(findings.map((finding) => [finding.evento_id, finding]));
  for (const finding of others) {
    const known = byId.get(finding.evento_id);
    if (!known || saidAt(known) <= saidAt(finding)) byId.set(finding.evento_id, finding);
  }
  return [...byId.values()].sort((one, other) => other.evento_id - one.evento_id);
}

const PER_PAGE = 50;
// The page may be left open for weeks.
const MOST = 200;

/** What is known of the findings before any was heard: `{found, page}`, the newest first, and the last page read. */
export const NOTHING = { found: [], page: 1 };

/** How many are kept: the newest, and all that were asked for. */
const room = ({ page }) => Math.max(MOST, page * PER_PAGE);

/** What is known with a page that was read, too. */
export const withPage = (before, data, page = before.page) => ({
  found: merged(before.found, data).slice(0, room({ page })),
  page,
});

/** What is known with those heard live, too: the same object where none of them is new. */
export function withHeard(before, heard) {
  const known = new Map(before.found.map((finding) => [finding.evento_id, saidAt(finding)]));
  const fresh = heard.filter((finding) => !(known.get(finding.evento_id) >= saidAt(finding)));
  return fresh.length ? withPage(before, fresh) : before;
}

/** The page that holds what comes after what is known, whatever has come since pages were read. */
export const nextPage = ({ found, page }) => Math.max(page + 1, Math.floor(found.length / PER_PAGE) + 1);

/** Whether there is more, as far as can be told: `pages` are as many as there were once. */
export const hasMore = ({ found, page }, pages) => page < pages || found.length === room({ page });

/** Those that have an id to decide on them by: what a search finds, and how far it is, has none. */
export const stored = (findings) => findings.filter((finding) => finding.evento_id);

/** Whether a finding is of this rule and device, "" being any of them. */
export const fits = (finding, { rule, device }) =>
  (rule === "" || finding.rule === rule) && (device === "" || finding.dispositivo_id === Number(device));

/** `[{device, findings}]`, by the device's id, in the order in which `findings` first name it. */
export function byDevice(findings) {
  const groups = new Map();
  for (const finding of findings) {
    const { dispositivo_id: device } = finding;
    if (!groups.has(device)) groups.set(device, { device, findings: [] });
    groups.get(device).findings.push(finding);
  }
  return [...groups.values()];
}

/** `[{day, findings}]`, `day` being the house's, as wall.js counts them, in the order of `findings`. */
export function byDay(findings) {
  const days = [];
  for (const finding of findings) {
    const day = dayOf(onTheWall(finding.ts_utc));
    if (days.at(-1)?.day !== day) days.push({ day, findings: [] });
    days.at(-1).findings.push(finding);
  }
  return days;
}
