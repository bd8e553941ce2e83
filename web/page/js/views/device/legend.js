/** What the signs in a chart mean. */
import { html } from "../../html.js";
import { reachable } from "../../kinds.js";
import { t } from "../../words.js";
import { valueWords } from "./wording.js";

/** `[{sign, words}]` of those signs that there are in what is shown. */
export function legendOf({ bounds, anomalies, outages, other }, { share, unit }) {
  const items = share
    ? [{ sign: "share", words: t("device.legend.share") }]
    : [
        { sign: "mean", words: t("device.legend.mean") },
        { sign: "spread", words: t("device.legend.spread") },
      ];
  if (other) items.push({ sign: "other", words: other.name });
  if (bounds) items.push({ sign: "normal", words: boundWords(bounds, unit) });
  if (anomalies.length)
    items.push({ sign: "anomaly", words: t("device.legend.anomaly", { n: anomalies.length }) });
  if (outages.length) items.push({ sign: "outage", words: t("device.legend.outage", { n: outages.length }) });
  return items;
}

function boundWords(bounds, unit) {
  const { min, max } = reachable(bounds, unit);
  if (min === null) return t("device.legend.normal.max", { max: valueWords(max, false, unit) });
  if (max === null) return t("device.legend.normal.min", { min: valueWords(min, false, unit) });
  return t("device.legend.normal", { min: valueWords(min, false), max: valueWords(max, false, unit) });
}

export const Legend = ({ items }) => html`
  <ul class="legend">
    ${items.map(({ sign, words }) => html`<li key=${sign}><span class="sign" data-sign=${sign}></span>${words}</li>`)}
  </ul>
`;
