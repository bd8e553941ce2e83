/** Findings as a list: put together from pages and from what was heard live, sifted, told apart by day. Pure. */

/** One list of both, newest first; of one that stands in both, that of `others`. */
export function merged(findings, others) {
  const byId = new Map([...findings, ...others].map((finding) => [finding.evento_id, finding]));
  return [...byId.values()].sort((one, other) => other.evento_id - one.evento_id);
}

/** Those that have an id to decide on them by: what a search finds, and how far it is, has none. */
export const stored = (findings) => findings.filter((finding) => finding.evento_id);

/** Whether a finding is of this rule and device, "" being any of them. */
export const fits = (finding, { rule, device }) =>
  (rule === "" || finding.rule === rule) && (device === "" || finding.dispositivo_id === Number(device));

/** `[{day, findings}]`, `day` being the local midnight in milliseconds, in the order of `findings`. */
export function byDay(findings) {
  const days = [];
  for (const finding of findings) {
    const day = new Date(finding.ts_utc).setHours(0, 0, 0, 0);
    if (days.at(-1)?.day !== day) days.push({ day, findings: [] });
    days.at(-1).findings.push(finding);
  }
  return days;
}
