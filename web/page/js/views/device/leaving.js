/** How a device leaves the house. For those who may change something. */
import { useState } from "preact/hooks";
import { post, remove } from "../../api.js";
import { drop, may, take } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { nameOf } from "../../kinds.js";
import { go } from "../../route.js";
import { Confirm, toast } from "../../ui.js";
import { t } from "../../words.js";

/** `device` is one of the house's. */
export const Leaving = ({ device }) =>
  may("miembro") &&
  html`
    <section class="card" aria-label=${t("device.leave")}>
      <h2>${t("device.leave")}</h2>
      <${Way} what="release"><${Release} device=${device} /><//>
      <${Way} what="forget"><${Forget} device=${device} /><//>
    </section>
  `;

const Way = ({ what, children }) => html`
  <div class="spread leaving">
    <p class="grow muted">${t(`device.${what}.what`)}</p>
    ${children}
  </div>
`;

const Release = ({ device }) => {
  const act = async () => {
    take(await post(`/dispositivos/${device.id}/soltar`));
    toast(t("device.release.done", { name: nameOf(device) }));
    go(`dispositivo/${device.id}`);
  };
  return html`<${Asked} what="release" icon="unlock" device=${device} act=${act} />`;
};

export const Forget = ({ device }) => {
  const act = async () => {
    await remove(`/dispositivos/${device.id}`);
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
