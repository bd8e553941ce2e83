/** What a finding proposes, beside what there is: a week, or settings. */
import { duration } from "../../format.js";
import { html } from "../../html.js";
import { t } from "../../words.js";
import { settingTitle, settingWords } from "../device/names.js";
import { hasWindows } from "../devices/status.js";
import { meant, parse, standing } from "../week/model.js";
import { WeekPicture } from "../week/picture.js";
import { countWords, evidenceOf, rowWords, sunWords, sureness } from "./evidence.js";

// Taken together: it is on in any of them.
const WINDOWS = ["horarios", "horarios_riego"];

/** A learned schedule, drawn over the one that the device has, and how often each window was seen. */
export const Learned = ({ finding, device }) => {
  const windows = standing(device.configuracion);
  const manual = device.configuracion.modo !== "horario";
  return html`
    <div class="learned">
      <${WeekPicture} windows=${windows} over=${parse(finding.propuesta.configuracion.horarios)} />
      <ul class="evidence">
        ${evidenceOf(finding.suggested_horarios).map(
          (row) => html`
            <li>
              <span class="grow">
                ${capital(rowWords(row))}
                ${sunWords(row).map((words) => html`<span key=${words} class="muted week-sun">${words}</span>`)}
              </span>
              ${row.of > 0 && html`<span class="muted">${countWords(row)} · ${sureness(row)}</span>`}
            </li>
          `,
        )}
      </ul>
    </div>
    <p class="hint">${t(manual ? "insights.suggest.from_manual" : "insights.suggest.replaces")}</p>
  `;
};

/** A configuration that should be mended: what each setting is, and what it should be. */
export const Fix = ({ finding, device }) => {
  const patch = finding.propuesta.configuracion;
  return html`
    <table class="fix">
      <thead>
        <tr>
          <th scope="col">${t("insights.fix.setting")}</th>
          <th scope="col">${t("insights.fix.now")}</th>
          <th scope="col">${t("insights.fix.proposed")}</th>
        </tr>
      </thead>
      <tbody>
        ${Object.entries(patch).map(
          ([key, wanted]) => html`
            <tr key=${key}>
              <th scope="row">${title(key)}</th>
              <td><del>${words(key, device.configuracion[key])}</del></td>
              <td><ins>${words(key, wanted)}</ins></td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
};

/** Whether it would go by a schedule, of which nothing has been drawn yet. */
export const lacksWindows = ({ falta_horario }, device) => falta_horario && !hasWindows(device);

/** Whether it proposes a week. */
export const draws = ({ propuesta }) => "horarios" in propuesta.configuracion;

/** Whether the device has already what is proposed, by somebody's own hand: windows count by their times. */
export const isSo = ({ propuesta }, { configuracion }) =>
  Object.entries(propuesta.configuracion).every(([key, wanted]) =>
    WINDOWS.includes(key)
      ? meant(configuracion) === meant(propuesta.configuracion)
      : configuracion[key] === wanted,
  );

const title = (key) => (key === "intervalo_envio" ? t("insights.fix.interval") : settingTitle(key));

function words(key, value) {
  if (value === undefined) return t("insights.fix.none");
  return key === "intervalo_envio" && typeof value === "number" ? duration(value) : settingWords(key, value);
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
