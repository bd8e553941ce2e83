/** The device's data as files: links that the browser saves. */
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { Dialog } from "../../ui.js";
import { t } from "../../words.js";
import { spanOf } from "./ranges.js";
import { rangeName } from "./wording.js";

const FILES = [
  { key: "workbook", query: "formato=xlsx" },
  { key: "history", query: "formato=csv&tabla=historial" },
  { key: "summary", query: "formato=csv&tabla=resumen" },
];

/** `range` is what the history shows. */
export const ExportDialog = ({ device, range, close }) => {
  const { since, until } = spanOf(range, Date.now() / 1000);
  return html`
    <${Dialog} title=${t("device.export.title")} close=${close}>
      <${Files} title=${t("device.export.range", { range: rangeName(range) })} id=${device.id} span="desde=${since}&hasta=${until}" />
      <${Files} title=${t("device.export.all")} id=${device.id} span="desde=0" />
      <p class="hint">${t("device.export.hint")}</p>
    <//>
  `;
};

const Files = ({ title, id, span }) => html`
  <section class="stack">
    <h3>${title}</h3>
    <div class="actions">
      ${FILES.map(
        ({ key, query }) => html`
          <a key=${key} class="button" download href=${`/dispositivos/${id}/exportar?${query}&${span}`}>
            <${Icon} name="download" />${t(`device.export.${key}`)}
          </a>
        `,
      )}
    </div>
  </section>
`;
