/** What is done with the list as a whole: choosing several, how large cards are, the order of rooms. */
import { useEffect, useRef, useState } from "preact/hooks";
import { rooms } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { later } from "../../later.js";
import { attempt } from "../../ui.js";
import { t } from "../../words.js";
import { DENSITIES, density } from "./layout.js";
import { chosen } from "./selecting.js";

export const Tools = () => {
  const menu = useRef(null);
  const [Arrange, setArrange] = useState(null);
  const close = () => {
    menu.current.open = false;
  };
  // As a menu of the system's: a click elsewhere, or Escape, closes it.
  useEffect(() => {
    const elsewhere = (event) => !menu.current.contains(event.target) && close();
    document.addEventListener("pointerdown", elsewhere);
    return () => document.removeEventListener("pointerdown", elsewhere);
  }, []);
  const key = (event) => {
    if (event.key !== "Escape" || !menu.current.open) return;
    close();
    menu.current.querySelector("summary").focus();
  };
  const arrange = () => {
    close();
    attempt(async () => {
      const module = await later(() => import("./arrange.js"));
      setArrange(() => module.Arrange);
    });
  };
  return html`
    <details class="menu" ref=${menu} onKeyDown=${key}>
      <summary class="button quiet" aria-label=${t("devices.tools")}><${Icon} name="more" /></summary>
      <div class="menu-items">
        <button type="button" class="quiet" onClick=${() => {
          close();
          chosen.value = [];
        }}>${t("devices.select")}</button>
        ${rooms.value.length > 1 && html`<button type="button" class="quiet" onClick=${arrange}>${t("devices.arrange")}</button>`}
        <fieldset>
          <legend>${t("devices.density")}</legend>
          ${DENSITIES.map(
            (each) => html`
              <label key=${each}>
                <input type="radio" name="density" checked=${density.value === each} onChange=${() => {
                  density.value = each;
                }} />${t(`devices.density.${each}`)}
              </label>
            `,
          )}
        </fieldset>
      </div>
    </details>
    ${Arrange && html`<${Arrange} close=${() => setArrange(null)} />`}
  `;
};
