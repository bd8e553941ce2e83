/** Claiming: which device it is, by its code, by hand or from those that announce themselves; then the rest. */
import { useEffect, useState } from "preact/hooks";
import { ago } from "../format.js";
import { known, may } from "../house.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { kindName } from "../kinds.js";
import { go } from "../route.js";
import { Empty, Field, Form, Loading } from "../ui.js";
import { t } from "../words.js";
import { CodeReader } from "./claim/camera.js";
import { scanned } from "./claim/claiming.js";
import { asAnnounced, unclaimedDevices } from "./claim/heard.js";
import { Claiming } from "./claim/one.js";
import { isSerial, readCode } from "./claim/qr_text.js";
import { obstacle } from "./claim/scanner.js";

/** `path` is `[]`, or `[serial]` of the one that it is to be. */
export const ClaimPage = ({ path: [serial] }) => {
  if (!may("miembro")) {
    return html`<${Empty} icon="lock" title=${t("claim.read_only")}><p>${t("claim.read_only.why")}</p><//>`;
  }
  const chosen = isSerial(serial);
  return html`
    <div class="stack claim" data-chosen=${chosen}>
      <header class="row">
        <a class="button quiet" href=${chosen ? "#/reclamar" : "#/"} aria-label=${t("back")}><${Icon} name="back" /></a>
        <h1>${t("claim.title")}</h1>
      </header>
      ${known.value ? (chosen ? html`<${Claiming} serial=${serial} />` : html`<${Choice} />`) : html`<${Loading} />`}
    </div>
  `;
};

const goTo = (serial) => go(`reclamar/${encodeURIComponent(serial)}`);

const Choice = () => {
  const [problem, setProblem] = useState(obstacle() && `camera.${obstacle()}`);
  useEffect(() => {
    scanned.value = null;
  }, []);
  const found = (text) => {
    const { body, problem } = readCode(text);
    if (problem) return setProblem(`problem.${problem}`);
    scanned.value = body;
    goTo(body.serial_number);
  };
  return html`
    <div class="claim-ways">
      <section class="card">
        <div>
          <h2>${t("claim.qr")}</h2>
          <p class="muted">${t("claim.qr.where")}</p>
          <div role="status">
            ${problem && html`<p class="code-problem"><${Icon} name="warning" /><span>${t(`claim.${problem}`)}</span></p>`}
          </div>
        </div>
        <${CodeReader} found=${found} failed=${setProblem} />
      </section>
      <${Announced} />
      <section class="card">
        <h2>${t("claim.type")}</h2>
        <${Form} label=${t("claim.continue")} submit=${(form) => goTo(asAnnounced(form.get("serial").trim()))}>
          <${Field}
            label=${t("claim.serial")}
            hint=${t("claim.serial.hint")}
            name="serial"
            class="code"
            pattern="\\s*[A-Za-z0-9._:\\-]{1,64}\\s*"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck="false"
            required
          />
        <//>
      </section>
    </div>
  `;
};

const Announced = () => {
  const there = unclaimedDevices();
  return html`
    <section class="card">
      <h2>${t("claim.heard")}</h2>
      ${
        there.length > 0
          ? html`<ul class="list">${there.map((device) => html`<${One} key=${device.peek().id} device=${device} />`)}</ul>`
          : html`<p class="muted">${t("claim.heard.none")}</p>`
      }
    </section>
  `;
};

const One = ({ device }) => {
  const { serial_number, kind, en_linea, visto_en } = device.value;
  const when = visto_en && t(en_linea ? "claim.heard.seen" : "claim.heard.gone", { ago: ago(visto_en) });
  return html`
    <li>
      <a class="row grow announced" href=${`#/reclamar/${encodeURIComponent(serial_number)}`}>
        <span class="tile"><${Icon} name=${kind} /></span>
        <span class="grow">
          <strong>${kindName(kind)}</strong>
          <span class="muted code">${serial_number}</span>
          <span class="hint">${when}</span>
        </span>
        <${Icon} name="add" />
      </a>
    </li>
  `;
};
