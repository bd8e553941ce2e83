/** The one-time code for a phone or browser of somebody: as a QR, as text, and until when. */

import { useEffect, useState } from "preact/hooks";
import { post } from "../../api.js";
import { duration } from "../../format.js";
import { html } from "../../html.js";
import { later } from "../../later.js";
import { useLoaded } from "../../load.js";
import { Dialog, Failure, Loaded } from "../../ui.js";
import { t } from "../../words.js";
import { Copy } from "./copy.js";

export const Pairing = ({ person, close }) => {
  const code = useLoaded(() => post("/auth/codigos", { usuario: person.nombre }), [person.nombre]);
  return html`
    <${Dialog} title=${t("household.pairing", { name: person.nombre })} close=${close}>
      <${Loaded} of=${code}>
        ${(made) => html`
          <p>${t("household.pairing.how")}</p>
          <${QrPicture} text=${made.url} />
          <p class="secret"><code>${made.codigo}</code><${Copy} text=${made.codigo} /></p>
          <${Countdown} until=${made.caduca_en} />
          ${code.error && html`<${Failure} error=${code.error} />`}
          <div class="actions">
            <button type="button" disabled=${code.loading} onClick=${code.reload}>${t("household.pairing.again")}</button>
          </div>
        `}
      <//>
    <//>
  `;
};

/** `text` as a QR code, dark on light in either theme, since cameras want it so. */
const QrPicture = ({ text }) => {
  const library = useLoaded(() => later(() => import("qr")), []);
  return html`<${Loaded} of=${library}>${({ default: encodeQR }) => html`<${Drawn} rows=${encodeQR(text, "raw", { border: 3 })} />`}<//>`;
};

const Drawn = ({ rows }) => {
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return html`
    <svg class="qr" viewBox=${`0 0 ${rows.length} ${rows.length}`} role="img" aria-label=${t("household.pairing.picture")}
      shape-rendering="crispEdges"><path d=${path} /></svg>
  `;
};

const Countdown = ({ until }) => {
  const left = () => Math.max(0, Math.round((Date.parse(until) - Date.now()) / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => setSeconds(left()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return seconds > 0
    ? html`<p class="muted">${t("household.pairing.left", { time: duration(seconds) })}</p>`
    : html`<p class="error" role="alert">${t("household.pairing.over")}</p>`;
};
