/** What the rules have found, as marks on a chart. Moments are in seconds since the epoch. */

const seconds = (text) => Date.parse(text) / 1000;

/** `[{at, value}]` of a metric, oldest first, of findings of rule 1. */
export const anomaliesOf = (findings, metric) =>
  findings
    .filter((finding) => finding.event === "ai_anomaly" && finding.metric === metric)
    .map((finding) => ({ at: seconds(finding.ts_utc), value: finding.pico ?? finding.value }))
    .sort((a, b) => a.at - b.at);

/**
 * `[{from, to}]`, oldest first, within `span`, of findings of rule 4 in it and `before`, the last one before it, if
 * there is any. An outage that has not ended lasts until the end of the span.
 */
export function outagesOf(findings, before, span) {
  const told = [...findings, ...(before ? [before] : [])].sort(
    (a, b) => seconds(a.ts_utc) - seconds(b.ts_utc),
  );
  const outages = [];
  let since = null;
  for (const finding of told) {
    const at = seconds(finding.ts_utc);
    if (finding.inestable) continue; // many short ones, each of which may be none
    if (finding.event === "ai_offline") {
      since ??= Math.min(at, seconds(finding.since_ts_local)); // told again while it lasts
    } else if (finding.event === "ai_back_online") {
      outages.push({ from: since ?? at - finding.was_offline_secs, to: at });
      since = null;
    }
  }
  if (since !== null) outages.push({ from: since, to: span.until });
  return outages
    .map(({ from, to }) => ({ from: Math.max(from, span.since), to: Math.min(to, span.until) }))
    .filter(({ from, to }) => from < to);
}
