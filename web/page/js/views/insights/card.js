/** One finding: what, why, what can be done about it, and what was decided. */
import { useComputed } from "@preact/signals";
import { useMemo, useRef, useState } from "preact/hooks";
import { moment } from "../../format.js";
import { devices, may } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { attempt, toast, told } from "../../ui.js";
import { t } from "../../words.js";
import { apply, decisionOf, dismiss, proposes, readAgain } from "./decisions.js";
import { explain, iconOf } from "./explain.js";
import { draws, Fix, isSo, Learned, lacksWindows } from "./proposal.js";

const TONES = { __proto__: null, critical: "bad", high: "bad", medium: "warn" };

/** `isNew` marks what has come since the last visit; `finding` is as the REST answers it or the stream tells it. */
export const FindingCard = ({ finding, isNew }) => {
  const device = useDevice(finding.dispositivo_id);
  const article = useRef(null);
  const { title, why, severity } = explain(finding, device);
  const id = `aviso-${finding.evento_id}`;
  const open = decisionOf(finding) === "abierto";
  return html`
    <article class="card finding" ref=${article} tabindex="-1" aria-labelledby=${id} data-open=${open ? "true" : "false"}>
      <header class="row">
        <span class="tile finding-tile" data-tone=${TONES[severity]}><${Icon} name=${iconOf(finding)} /></span>
        <div class="grow">
          <h3 id=${id}>
            <a href=${`#/dispositivo/${finding.dispositivo_id}${proposes(finding) ? (draws(finding) ? "/horario" : "/ajustes") : ""}`}>${title}</a>
          </h3>
          <p class="muted finding-when">
            <${When} finding=${finding} />
            ${` · ${t(`insights.rule.${finding.rule}`)}`}${severity in TONES && ` · ${t(`insights.severity.${severity}`)}`}
            ${isNew && open && html` <span class="chip" data-tone="good">${t("insights.new")}</span>`}
          </p>
        </div>
      </header>
      <p>${why}</p>
      ${
        open
          ? html`<${Open} finding=${finding} device=${device} label=${title} decided=${() => article.current?.focus()} />`
          : html`<${Decided} finding=${finding} />`
      }
      ${device && hasPlace(finding) && !(open && may("miembro")) && html`<p><${InChart} finding=${finding} label=${title} /></p>`}
      ${device && lacksWindows(finding, device) && html`<p><a href=${`#/dispositivo/${finding.dispositivo_id}/horario`}>${t("insights.fix.draw")}</a></p>`}
    </article>
  `;
};

// What these tell of is to be seen in the readings, or as a gap in them.
const IN_CHARTS = ["extremos", "offline", "alarma"];

const hasPlace = ({ rule }) => IN_CHARTS.includes(rule);

/** `label` names the finding for who hears the link alone. */
const InChart = ({ finding, label }) => html`
  <a class="in-chart" href=${placeOf(finding)} aria-label=${`${t("insights.chart")}: ${label}`}>${t("insights.chart")}</a>
`;

/** The device's chart of what it is about, at the time of it, with as much before and after, an hour at least. */
function placeOf({ dispositivo_id: id, metric, ts_utc, desde = ts_utc, hasta, actualizado = ts_utc }) {
  const [since, until] = [desde, hasta ?? actualizado].map((at) => Date.parse(at) / 1000);
  const margin = Math.max(3_600, until - since);
  const which = metric ? `&metrica=${encodeURIComponent(metric)}` : "";
  return `#/dispositivo/${id}?desde=${Math.floor(since - margin)}&hasta=${Math.ceil(until + margin)}${which}`;
}

/** When it was, or from when to when: of an end on another day with the day. */
const When = ({ finding: { ts_utc, desde = ts_utc, hasta, silenciado } }) => {
  const other = hasta && moment(hasta, { dateStyle: "short" }) !== moment(desde, { dateStyle: "short" });
  return html`
    <time datetime=${desde}>${moment(desde, { timeStyle: "short" })}</time>
    ${hasta && html`–<time datetime=${hasta}>${moment(hasta, { timeStyle: "short", dateStyle: other ? "medium" : undefined })}</time>`}
    ${hasta === null && html` <span class="chip" data-tone="warn">${t("insights.lasts")}</span>`}
    ${silenciado && html` <span class="chip">${t("insights.silenced")}</span>`}
  `;
};

/** What is told of the device here; the card is drawn anew when that changes, and not at each report. */
function useDevice(id) {
  const facts = useComputed(() => {
    const device = devices.value.get(id)?.value;
    if (!device) return "";
    const { nombre, serial_number, kind, capability, configuracion } = device;
    return JSON.stringify({ nombre, serial_number, kind, capability, configuracion });
  }).value;
  return useMemo(() => (facts ? JSON.parse(facts) : undefined), [facts]);
}

/** What a finding is once it is put aside: there was something to dismiss, or it was only to be seen. */
const outcomeOf = (finding) => (proposes(finding) ? "dismissed" : "seen");

const Decided = ({ finding }) => {
  const applied = decisionOf(finding) === "aplicado";
  return html`
    <p class="chip finding-decided" data-tone=${applied ? "good" : undefined}>
      <${Icon} name=${applied || !proposes(finding) ? "check" : "close"} />${t(`insights.decided.${applied ? "applied" : outcomeOf(finding)}`)}
    </p>
  `;
};

/** `label` names the finding for who hears the buttons without seeing it; `decided()` is called after they are gone. */
const Open = ({ finding, device, label, decided }) => {
  const [busy, setBusy] = useState(false);
  const [outdated, setOutdated] = useState(false);
  // What the server has refused is not so, whatever it looks like: it can still be dismissed.
  const so = !outdated && device && proposes(finding) && isSo(finding, device);
  const decide = async (work) => {
    setBusy(true);
    try {
      await work(finding);
      toast(t(`insights.done.${work === dismiss ? outcomeOf(finding) : so ? "already" : "applied"}`));
      decided();
    } catch (error) {
      if (error.status === 409) await attempt(refused);
      else toast(told(error), "bad");
    }
    setBusy(false);
  };
  const refused = async () => {
    await readAgain(finding);
    if (decisionOf(finding) === "abierto") setOutdated(true);
    else toast(t("insights.elsewhere"));
  };
  return html`
    ${device && !so && proposes(finding) && html`<${draws(finding) ? Learned : Fix} finding=${finding} device=${device} />`}
    <div role="status">
      ${so ? html`<p class="hint">${t("insights.already")}</p>` : outdated && html`<p class="finding-outdated">${t("insights.outdated")}</p>`}
    </div>
    ${
      may("miembro") &&
      html`
        <div class="actions">
          ${choices({ finding, so, fits: device && !outdated }).map(
            ({ work, words, tone }) => html`
              <button
                key=${words}
                type="button"
                class=${tone}
                aria-label=${`${t(words)}: ${label}`}
                disabled=${busy}
                onClick=${() => decide(work)}
              >${t(words)}</button>
            `,
          )}
          ${device && hasPlace(finding) && html`<${InChart} finding=${finding} label=${label} />`}
        </div>
      `
    }
  `;
};

/** What can be done about it. What is so already has only to be closed, which is to apply what changes nothing. */
function choices({ finding, so, fits }) {
  if (so) return [{ work: apply, words: "insights.close" }];
  const putAside = { work: dismiss, words: `insights.put_aside.${outcomeOf(finding)}` };
  const take = { work: apply, words: "insights.apply", tone: "primary" };
  return proposes(finding) && fits ? [take, putAside] : [putAside];
}
