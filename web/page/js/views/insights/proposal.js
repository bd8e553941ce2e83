/** What a finding proposes, beside what there is: a week, or settings. */
import { duration } from "../../format.js";
import { html } from "../../html.js";
import { t } from "../../words.js";
import { settingTitle, settingWords } from "../device/names.js";
import { hasWindows } from "../devices/status.js";
import { format, parse, suggested } from "../week/model.js";
import { WeekPicture } from "../week/picture.js";
import { countWords, evidenceOf, rowWords, sureness } from "./evidence.js";

/** A learned schedule, drawn over the one that the device has, and how often each window was seen. */
export const Learned = ({ finding, device }) => {
  const windows = parse(device.configuracion.horarios);
  const manual = device.configuracion.modo !== "horario";
  return html`
    <div class="learned">
      <${WeekPicture} windows=${windows} over=${suggested(finding.suggested_horarios)} />
      <ul class="evidence">
        ${evidenceOf(finding.suggested_horarios).map(
          (row) => html`
            <li>
              <span class="grow">${capital(rowWords(row))}</span>
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
  const patch = finding.suggested_patch.configuracion;
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
    ${lacksWindows(finding, device) && html`<p class="hint">${t("insights.fix.no_windows")}</p>`}
  `;
};

/** Whether it proposes to go by a schedule that is still to be drawn. */
export const lacksWindows = ({ suggested_patch }, device) =>
  suggested_patch?.configuracion.modo === "horario" && !hasWindows(device);

/** Whether the device has already what is proposed, by somebody's own hand: windows count by their times. */
export function isSo({ event, suggested_horarios, suggested_patch }, { configuracion }) {
  if (event === "ai_suggest")
    return (
      configuracion.modo === "horario" &&
      written(parse(configuracion.horarios)) === written(suggested(suggested_horarios))
    );
  return Object.entries(suggested_patch.configuracion).every(
    ([key, wanted]) => configuracion[key] === wanted,
  );
}

const written = (windows) => JSON.stringify(format(windows));

const title = (key) => (key === "intervalo_envio" ? t("insights.fix.interval") : settingTitle(key));

function words(key, value) {
  if (value === undefined) return t("insights.fix.none");
  return key === "intervalo_envio" && typeof value === "number" ? duration(value) : settingWords(key, value);
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
