/** What somebody else has saved meanwhile, beside one's own: to be decided on before anything is lost. */
import { html } from "../../html.js";
import { t } from "../../words.js";

/** `rows` are `{ title, theirs, mine }`, in words. */
export const Conflict = ({ rows }) => html`
  <section class="differences conflict" role="alert">
    <p><strong>${t("device.conflict")}</strong></p>
    <div class="scroll">
      <table>
        <thead><tr><td></td><th>${t("device.conflict.now")}</th><th>${t("device.conflict.yours")}</th></tr></thead>
        <tbody>
          ${rows.map(
            ({ title, theirs, mine }) =>
              html`<tr key=${title}><th scope="row">${title}</th><td>${theirs}</td><td>${mine}</td></tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>
`;

/** The way out that loses nothing of theirs; the other is to save. */
export const GiveWay = ({ act, disabled }) => html`
  <button type="button" disabled=${disabled} onClick=${act}>${t("device.conflict.theirs")}</button>
`;
