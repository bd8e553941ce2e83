/** How a device leaves the house. For those who may change something. */
import { useState } from "preact/hooks";
import { post, remove } from "../../api.js";
import { drop, may, take } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { nameOf } from "../../kinds.js";
import { go } from "../../route.js";
import { Confirm, Dialog, Field, Form, toast } from "../../ui.js";
import { t } from "../../words.js";
import { unclaimedDevices } from "../claim/heard.js";

/** `device` is one of the house's. */
export const Leaving = ({ device }) =>
  may("miembro") &&
  html`
    <section class="card" aria-label=${t("device.leave")}>
      <h2>${t("device.leave")}</h2>
      ${device.reclamado && html`<${Way} what="replace"><${Replace} device=${device} /><//>`}
      <${Way} what="release"><${Release} device=${device} /><//>
      <${Way} what="forget"><${Forget} device=${device} /><//>
    </section>
  `;

/** What is answered; where others have changed the device meanwhile, what they have made of it is to be seen. */
const unlessChanged = (asked) =>
  asked.catch((error) => {
    if (error.answer?.dispositivo) take(error.answer.dispositivo);
    throw error;
  });

const Way = ({ what, children }) => html`
  <div class="spread leaving">
    <p class="grow muted">${t(`device.${what}.what`)}</p>
    ${children}
  </div>
`;

const Release = ({ device }) => {
  const act = async () => {
    take(await unlessChanged(post(`/dispositivos/${device.id}/soltar`, {}, device.edicion)));
    toast(t("device.release.done", { name: nameOf(device) }));
    go(`dispositivo/${device.id}`);
  };
  return html`<${Asked} what="release" icon="unlock" device=${device} act=${act} />`;
};

/** Asks which of those that were heard is to take its place. */
const Replace = ({ device }) => {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  const submit = async (form) => {
    const { serial_number, codigo } = Object.fromEntries(form);
    const spare = { serial_number, codigo: codigo.trim() || null };
    take(await unlessChanged(post(`/dispositivos/${device.id}/sustituir`, spare, device.edicion)));
    toast(t("device.replace.done", { name: nameOf(device) }));
    close();
  };
  const there = open && unclaimedDevices().map((each) => each.peek().serial_number);
  return html`
    <button type="button" onClick=${() => setOpen(true)}><${Icon} name="pending" />${t("device.replace")}</button>
    ${
      open &&
      html`<${Dialog} title=${t("device.replace.title", { name: nameOf(device) })} close=${close}>
        ${
          there.length
            ? html`<${Form} label=${t("device.replace")} submit=${submit}>
                <${Field} label=${t("claim.serial")} name="serial_number">
                  ${there.map((serial) => html`<option key=${serial}>${serial}</option>`)}
                <//>
                <${Field} label=${t("claim.code")} hint=${t("claim.code.hint")} name="codigo" class="code" maxlength="100" autocomplete="off" />
              <//>`
            : html`<p>${t("claim.heard.none")}</p>`
        }
      <//>`
    }
  `;
};

export const Forget = ({ device }) => {
  const act = async () => {
    await unlessChanged(remove(`/dispositivos/${device.id}`, device.edicion));
    toast(t("device.forget.done", { name: nameOf(device) }));
    go("");
    drop(device.id);
  };
  return html`<${Asked} what="forget" icon="trash" danger device=${device} act=${act} />`;
};

/** A button whose act is asked about, with what is lost by it. */
const Asked = ({ what, icon, danger = false, device, act }) => {
  const [open, setOpen] = useState(false);
  return html`
    <button type="button" onClick=${() => setOpen(true)}><${Icon} name=${icon} />${t(`device.${what}`)}</button>
    ${
      open &&
      html`<${Confirm}
        title=${t(`device.${what}.title`, { name: nameOf(device) })}
        text=${t(`device.${what}.text`)}
        label=${t(`device.${what}`)}
        danger=${danger}
        act=${act}
        close=${() => setOpen(false)}
      />`
    }
  `;
};
