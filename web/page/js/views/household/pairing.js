/** The one-time code for a phone or browser of somebody: as a QR, as text, and until when. */

import { useEffect, useState } from "preact/hooks";
import { post } from "../../api.js";
import { duration } from "../../format.js";
import { html } from "../../html.js";
import { keptInTab } from "../../keep.js";
import { later } from "../../later.js";
import { useLoaded } from "../../load.js";
import { Dialog, Failure, Loaded } from "../../ui.js";
import { t } from "../../words.js";
import { Copy } from "./copy.js";

/** What is shown, `{ nombre, made }`, through a reload of the page: as secret as a session, so in this tab alone. */
const shown = keptInTab("pairing", null);

const secondsLeft = (until) => Math.max(0, Math.round((Date.parse(until) - Date.now()) / 1000));

/** Whose code was shown when the page was loaded anew; `null` where none was that is still good. */
export const shownBefore = () => {
  const { nombre, made } = shown.peek() ?? {};
  return made && secondsLeft(made.caduca_en) > 0 ? { nombre } : null;
};

const codeFor = async ({ nombre }) =>
  shownBefore()?.nombre === nombre ? shown.peek().made : post("/auth/codigos", { usuario: nombre });

export const Pairing = ({ person, close }) => {
  const code = useLoaded(() => codeFor(person), [person.nombre]);
  useEffect(() => {
    if (code.value) shown.value = { nombre: person.nombre, made: code.value };
  }, [code.value]);
  // Of one who closes it nothing stays.
  useEffect(() => forget, []);
  const again = () => {
    forget();
    code.reload();
  };
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
            <button type="button" disabled=${code.loading} onClick=${again}>${t("household.pairing.again")}</button>
          </div>
        `}
      <//>
    <//>
  `;
};

const forget = () => {
  shown.value = null;
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
  const [seconds, setSeconds] = useState(() => secondsLeft(until));
  useEffect(() => {
    setSeconds(secondsLeft(until));
    const timer = setInterval(() => setSeconds(secondsLeft(until)), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return seconds > 0
    ? html`<p class="muted">${t("household.pairing.left", { time: duration(seconds) })}</p>`
    : html`<p class="error" role="alert">${t("household.pairing.over")}</p>`;
};
