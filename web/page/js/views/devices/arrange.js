/** The order of the rooms, by hand or by keys. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { rooms } from "../../house.js";
import { html } from "../../html.js";
import { Icon } from "../../icons.js";
import { Dialog } from "../../ui.js";
import { language, t } from "../../words.js";
import { roomOrder } from "./layout.js";
import { inOrder } from "./sift.js";

/** `list` with what stands at `from` standing at `to`. */
export function moved(list, from, to) {
  const others = list.toSpliced(from, 1);
  return others.toSpliced(Math.min(Math.max(to, 0), others.length), 0, list[from]);
}

const STEPS = { ArrowUp: -1, ArrowDown: 1 };

export const Arrange = ({ close }) => {
  const [ids, setIds] = useState(() =>
    inOrder(rooms.peek(), language.peek(), roomOrder.peek()).map(({ id }) => id),
  );
  const list = useRef(null);
  const [held, setHeld] = useState(null);
  const names = new Map(rooms.value.map(({ id, nombre }) => [id, nombre]));
  const put = (id, to) => {
    const next = moved(ids, ids.indexOf(id), to);
    setIds(next);
    roomOrder.value = next;
  };
  // What is moved is drawn anew elsewhere, and would lose the focus.
  useLayoutEffect(() => {
    if (held !== null) list.current.querySelector(`[data-room="${held}"]`)?.focus();
  }, [ids]);
  const key = (event, id) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    setHeld(id);
    put(id, ids.indexOf(id) + step);
  };
  // The list has the pointer: a row that is drawn elsewhere would lose it.
  const grab = (event) => {
    const row = event.target.closest("[data-room]");
    if (!row || event.button !== 0) return;
    list.current.setPointerCapture(event.pointerId);
    setHeld(Number(row.dataset.room));
  };
  const drag = (event) => {
    if (!list.current.hasPointerCapture(event.pointerId)) return;
    const { top, height } = list.current.getBoundingClientRect();
    const to = Math.floor(((event.clientY - top) / height) * ids.length);
    if (to !== ids.indexOf(held)) put(held, to);
  };
  return html`
    <${Dialog} title=${t("devices.arrange")} close=${close}>
      <p class="muted">${t("devices.arrange.how")}</p>
      <ol class="arrange" ref=${list} onPointerDown=${grab} onPointerMove=${drag}>
        ${ids.map(
          (id, n) => html`
            <li key=${id}>
              <button
                type="button"
                data-room=${id}
                aria-label=${t("devices.arrange.room", { name: names.get(id), n: n + 1, of: ids.length })}
                onKeyDown=${(event) => key(event, id)}
              ><${Icon} name="grip" /><span class="grow">${names.get(id)}</span></button>
            </li>
          `,
        )}
      </ol>
      <div class="actions">
        <button type="button" class="primary" onClick=${close}>${t("devices.arrange.done")}</button>
        <button type="button" onClick=${() => {
          roomOrder.value = [];
          close();
        }}>${t("devices.arrange.by_name")}</button>
      </div>
    <//>
  `;
};
