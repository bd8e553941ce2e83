/** Messages of devices that were refused, and why. For admins. */
import { bytes, moment } from "../../format.js";
import { html } from "../../html.js";
import { t } from "../../words.js";
import { Pages } from "./pages.js";

export const Rejected = () => html`
  <div class="stack">
    <p class="muted">${t("household.rejected.what")}</p>
    <${Pages} path="/diagnostico/rechazados" none=${t("household.rejected.none")}>
      ${(rows) => html`<ul class="card list">
        ${rows.map(
          (letter) => html`
            <li key=${letter.id}>
              <details class="grow">
                <summary>
                  <strong lang="es">${letter.motivo}</strong><br />
                  <span class="muted">${moment(letter.recibido_en)} · <code>${letter.topic}</code> · ${bytes(letter.bytes)}</span>
                </summary>
                <pre class="code scroll">${letter.payload}</pre>
              </details>
            </li>
          `,
        )}
      </ul>`}
    <//>
  </div>
`;
