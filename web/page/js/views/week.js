/** The weekly schedule of a device: seen, changed by hand or by form, undone, saved. */
import { useState } from "preact/hooks";
import { may } from "../house.js";
import { html } from "../html.js";
import { Icon } from "../icons.js";
import { Confirm, toast, told } from "../ui.js";
import { t } from "../words.js";
import { Conflict, GiveWay } from "./device/conflict.js";
import { SETTINGS, useSaving } from "./device/saving.js";
import { DayEvents, DayWindows } from "./week/day.js";
import { read, useDraft, useLeaveGuard } from "./week/draft.js";
import { DayEditor, ValueField, WindowEditor } from "./week/editors.js";
import { useEventGesture } from "./week/event_gesture.js";
import { CHANNELS, channelsOf, onDay, withDays } from "./week/events.js";
import { EventGrid, LockedEventGrid, LockedGrid, WindowGrid } from "./week/grid.js";
import { added, edited, isEvents, without } from "./week/model.js";
import { holding } from "./week/pieces.js";
import { channelName, dayName, refusal, shortDay, times, today, valueName } from "./week/tell.js";
import { bounded, clock, DAY, STEP } from "./week/time.js";

export { WeekPicture } from "./week/picture.js";

/** The windows, on a grid and, of one day, as a list. `change` gets other ones; without it they are only shown. */
const Windows = ({ windows, day, choose, change }) => {
  const [open, setOpen] = useState(null);
  const close = () => setOpen(null);
  if (!change) {
    return html`
      <${LockedGrid} windows=${windows} day=${day} choose=${choose} />
      <${DayWindows} windows=${windows} day=${day} />
    `;
  }
  const edit = (index) => {
    choose(windows[index].day);
    setOpen({ index, window: windows[index] });
  };
  const add = ({ day: on, minute }) => {
    const start = bounded(Math.floor(minute / STEP) * STEP, 0, DAY - STEP);
    choose(on);
    setOpen({ window: { day: on, start, end: Math.min(start + 60, DAY) } });
  };
  const erase = (index) => change(without(windows, index));
  const save = (window) =>
    change(
      open.index === undefined
        ? added(windows, ...window.days.map((on) => ({ ...window, day: on })))
        : edited(windows, open.index, window),
    );
  return html`
    <p class="muted">${t("week.how")}</p>
    <${WindowGrid} windows=${windows} day=${day} choose=${choose} change=${change} edit=${edit} add=${add} />
    <${DayWindows} windows=${windows} day=${day} edit=${edit} erase=${erase} add=${() => add({ day, minute: 8 * 60 })} />
    ${
      open &&
      html`<${WindowEditor}
        window=${open.window}
        save=${save}
        erase=${open.index === undefined ? undefined : () => erase(open.index)}
        close=${close}
      />`
    }
  `;
};

/** What is drawn of `events`. */
const stretchesOf = (channel, events) =>
  holding(events, channel === "horarios_riego").map(({ event, pieces }) => {
    const label = valueName(channel, event.value);
    const name = t("week.event", { day: dayName(event.day), time: clock(event.minute), value: label });
    return { name, label, depth: CHANNELS[channel].depth(event.value), pieces };
  });

/** What another channel sets, and when. */
const Events = ({ channel, events, day, choose, change }) =>
  change
    ? html`<${Paintable} channel=${channel} events=${events} day=${day} choose=${choose} change=${change} />`
    : html`
        <${LockedEventGrid} stretches=${stretchesOf(channel, events)} day=${day} choose=${choose} />
        <${DayEvents} channel=${channel} events=${events} day=${day} />
      `;

/** A stretch is drawn with the value that is chosen above; what lasts as long as it is drawn needs none. */
const Paintable = ({ channel, events, day, choose, change }) => {
  const [open, setOpen] = useState(null);
  const [brush, setBrush] = useState(CHANNELS[channel].usual);
  const value = brush === "" ? CHANNELS[channel].usual : brush;
  const hands = useEventGesture({ channel, events, brush: value, change, open: setOpen });
  const shown = hands.held?.events ?? events;
  return html`
    <p class="muted">${t("week.paint.how")}</p>
    ${
      channel !== "horarios_riego" &&
      html`<div class="week-brush"><${ValueField} channel=${channel} value=${brush} set=${setBrush} /></div>`
    }
    <${EventGrid}
      stretches=${stretchesOf(channel, shown)}
      day=${day}
      choose=${choose}
      hands=${hands}
      told=${hands.held && toldOf(channel, hands.held)}
    />
    <${DayEvents} channel=${channel} events=${events} day=${day} open=${setOpen} />
    ${
      open !== null &&
      html`<${DayEditor}
        channel=${channel}
        day=${open}
        events=${onDay(events, open)}
        save=${(days, list) => change(withDays(events, days, list))}
        close=${() => setOpen(null)}
      />`
    }
  `;
};

/** "lun 07:00–09:00 · 21 °C", or of a beginning that is pulled its time alone. */
const toldOf = (channel, { piece: { day, from, to }, value }) =>
  `${shortDay(day)} ${from === to ? clock(from) : times({ start: from, end: to })} · ${valueName(channel, value)}`;

const Channels = ({ channels, channel, choose }) => html`
  <div class="week-channels" role="group" aria-label=${t("week.channels")}>
    ${channels.map(
      (key) => html`
        <button type="button" key=${key} aria-pressed=${key === channel ? "true" : "false"} onClick=${() => choose(key)}>
          ${t(`week.channel.${key}`)}
        </button>
      `,
    )}
  </div>
`;

/** Saves the changed channels and, if `follow`, puts the device under its schedule; `busy` while it does. */
const SaveBar = ({ device, draft, busy, setBusy }) => {
  const [problem, setProblem] = useState(null);
  const [follow, setFollow] = useState(true);
  const empty = Object.values(draft.values).every((list) => list.length === 0);
  const manual = device.configuracion.modo !== "horario" && !empty;
  const dirty = draft.changed.length > 0;
  const { theirs, save: attempt, forget } = useSaving(device.id, SETTINGS);
  const rows = draft.changed
    .filter((key) => Object.hasOwn(theirs ?? {}, key))
    .map((key) => ({
      title: t(`week.channel.${key}`),
      theirs: channelName(key, read(key, theirs[key])),
      mine: channelName(key, draft.values[key]),
    }));
  const giveWay = () => {
    draft.giveWay(Object.keys(theirs));
    forget();
  };
  const save = async () => {
    const patch = draft.patch();
    setBusy(true);
    setProblem(null);
    try {
      const changes = { ...patch, ...(manual && follow ? { modo: "horario" } : {}) };
      if (await attempt(changes, { ...device.configuracion, ...draft.seen })) {
        draft.kept();
        toast(t("week.saved"));
      }
    } catch (error) {
      setProblem(error.status === 400 ? refusal(error.detail, patch.horarios ?? []) : told(error));
    }
    setBusy(false);
  };
  return html`
    ${problem && html`<p class="error" role="alert">${problem}</p>`}
    ${draft.outrun && !busy && rows.length === 0 && html`<p class="error" role="alert">${t("week.outrun")}</p>`}
    ${rows.length > 0 && html`<${Conflict} rows=${rows} />`}
    ${
      manual &&
      html`<label class="row week-follow">
        <input type="checkbox" checked=${follow} onChange=${() => setFollow(!follow)} /><span>${t("week.follow")}</span>
      </label>`
    }
    <div class="week-save" data-dirty=${dirty ? "" : undefined}>
      <span role="status">${dirty && html`<span class="chip" data-tone="warn">${t("week.unsaved")}</span>`}</span>
      <button type="button" disabled=${busy || !draft.undoable} onClick=${draft.undo}>${t("week.undo")}</button>
      ${
        rows.length > 0
          ? html`<${GiveWay} act=${giveWay} disabled=${busy} />`
          : html`<button type="button" disabled=${busy || !dirty} onClick=${draft.discard}>${t("week.discard")}</button>`
      }
      <button
        type="button"
        class="primary"
        disabled=${busy || !(dirty || (manual && follow))}
        aria-busy=${busy}
        onClick=${save}
      >${t(rows.length > 0 ? "device.conflict.mine" : "save")}</button>
    </div>
  `;
};

/** `device` is the whole device, as the server tells it. */
export const Week = ({ device }) => {
  const channels = channelsOf(device);
  const [channel, setChannel] = useState(channels[0]);
  const [day, choose] = useState(today);
  const [saving, setSaving] = useState(false);
  const draft = useDraft(device.configuracion, channels);
  const guard = useLeaveGuard(draft.changed.length > 0);
  const change = may("miembro") ? (value) => draft.set(channel, value) : undefined;
  const undoByKey = (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.target.closest("dialog")) return;
    event.preventDefault();
    if (!saving) draft.undo();
  };
  return html`
    <section class="card week" aria-label=${t("week.title")} onKeyDown=${undoByKey}>
      <div class="spread">
        <h2 class="row"><${Icon} name="pending" />${t("week.title")}</h2>
        ${channels.length > 1 && html`<${Channels} channels=${channels} channel=${channel} choose=${setChannel} />`}
      </div>
      ${channel === "horarios" && isEvents(device.configuracion.horarios) && html`<p class="hint">${t("week.was_events")}</p>`}
      <div class="week-plan" inert=${saving} aria-busy=${saving}>
        ${
          channel === "horarios"
            ? html`<${Windows} windows=${draft.values.horarios} day=${day} choose=${choose} change=${change} />`
            : html`<${Events} key=${channel} channel=${channel} events=${draft.values[channel]} day=${day} choose=${choose} change=${change} />`
        }
      </div>
      ${change && html`<${SaveBar} device=${device} draft=${draft} busy=${saving} setBusy=${setSaving} />`}
    </section>
    ${
      guard.leaving !== null &&
      html`<${Confirm} title=${t("week.leave")} text=${t("week.leave_text")} label=${t("week.leave_yes")} no=${t("week.leave_no")} act=${async () => {
        draft.discard();
        guard.leave();
      }} close=${guard.stay} />`
    }
  `;
};
