/** What the signs in a chart mean. */
import { html } from "../../html.js";
import { reachable } from "../../kinds.js";
import { t } from "../../words.js";
import { valueWords } from "./wording.js";

/** `[{sign, words}]` of those signs that there are in what is shown; `own` of the bounds are those that people have set. */
export function legendOf({ bounds, own, anomalies, outages, other }, { share, unit }) {
  const items = share
    ? [{ sign: "share", words: t("device.legend.share") }]
    : [
        { sign: "mean", words: t("device.legend.mean") },
        { sign: "spread", words: t("device.legend.spread") },
      ];
  if (other) items.push({ sign: "other", words: other.name });
  if (bounds) items.push({ sign: "normal", words: boundWords(bounds, own, unit) });
  if (anomalies.length)
    items.push({ sign: "anomaly", words: t("device.legend.anomaly", { n: anomalies.length }) });
  if (outages.length) items.push({ sign: "outage", words: t("device.legend.outage", { n: outages.length }) });
  return items;
}

function boundWords(bounds, own, unit) {
  const told = reachable(bounds, unit);
  /** @param {"min" | "max"} end */
  const by = (end, person) => (((own?.[end] ?? null) !== null) === person ? told[end] : null);
  const learned = spanWords("device.legend.normal", { min: by("min", false), max: by("max", false) }, unit);
  const set = spanWords("device.legend.set", { min: by("min", true), max: by("max", true) }, unit);
  return [learned, set].filter(Boolean).join(" · ");
}

/** @param {"device.legend.normal" | "device.legend.set"} key */
function spanWords(key, { min, max }, unit) {
  if (min === null && max === null) return "";
  if (min === null) return t(`${key}.max`, { max: valueWords(max, false, unit) });
  if (max === null) return t(`${key}.min`, { min: valueWords(min, false, unit) });
  return t(key, { min: valueWords(min, false), max: valueWords(max, false, unit) });
}

export const Legend = ({ items }) => html`
  <ul class="legend">
    ${items.map(({ sign, words }) => html`<li key=${sign}><span class="sign" data-sign=${sign}></span>${words}</li>`)}
  </ul>
`;
