/** The few parts that all views are made of. */
import { signal } from "@preact/signals";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { t } from "./words.js";

// -- what was done, and what went wrong --------------------------------------------------------------

const TOAST_MS = 6_000;
// Whoever may take something back has to see first what it did.
const UNDO_MS = 12_000;
const toasts = signal([]);
let count = 0;

const dismiss = (mine) => {
  toasts.value = toasts.value.filter((other) => other !== mine);
};

/**
 * Say something at the edge of the screen for a few seconds; screen readers read it out. `tone`: "good" or "bad". `undo` is
 * `{ label, act }`, what can be done about it meanwhile.
 * @param {string} text
 * @param {"good" | "bad"} [tone]
 * @param {{ label: string, act: () => unknown }} [undo]
 */
export function toast(text, tone = "good", undo = undefined) {
  count += 1;
  const mine = { key: count, text, tone, undo };
  toasts.value = [...toasts.value.slice(-2), mine];
  setTimeout(dismiss, undo ? UNDO_MS : TOAST_MS, mine);
}

export const Toasts = () => html`
  <div class="toasts" role="status" aria-live="polite">
    ${toasts.value.map((mine) => html`<${Toast} key=${mine.key} mine=${mine} />`)}
  </div>
`;

const Toast = ({ mine }) => {
  const { text, tone, undo } = mine;
  if (!undo) return html`<p class="toast" data-tone=${tone}>${text}</p>`;
  const act = () => {
    dismiss(mine);
    undo.act();
  };
  return html`<p class="toast" data-tone=${tone}>${text} <button type="button" onClick=${act}>${undo.label}</button></p>`;
};

/** What an error says to people: the server's own words of what to do, or that there is no server. */
export const told = (error) =>
  error.outdated
    ? t("outdated")
    : error.status === 0
      ? t("no_answer")
      : error.status === undefined
        ? t("broken")
        : error.detail || error.message;

/** Do `work()`; what goes wrong is said in a toast. True if it went well. */
export async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    if (error.status === undefined) console.error(error);
    toast(told(error), "bad");
    return false;
  }
}

export const Failure = ({ error, retry }) => html`
  <div class="failure" role="alert">
    <${Icon} name="warning" />
    <p>${told(error)}</p>
    ${
      error.outdated
        ? html`<button type="button" onClick=${() => location.reload()}>${t("reload")}</button>`
        : retry && html`<button type="button" onClick=${retry}>${t("retry")}</button>`
    }
  </div>
`;

export const Empty = ({ icon, title, children }) => html`
  <div class="empty"><${Icon} name=${icon} /><h2>${title}</h2>${children}</div>
`;

export const Loading = () => html`<p class="loading" role="status">${t("loading")}</p>`;

/** What was asked for by `useLoaded`, in any of its states: `children(value)` when it is there. */
export const Loaded = ({ of, children }) => {
  if (of.value !== undefined) return children(of.value);
  return of.error ? html`<${Failure} error=${of.error} retry=${of.reload} />` : html`<${Loading} />`;
};

/** Parts of a view, each with an address of its own: `tabs` are `{href, word}`. What is shown is in sight. */
export const Tabs = ({ label, tabs, current }) => {
  const here = useRef(null);
  useEffect(() => here.current?.scrollIntoView({ block: "nearest", inline: "center" }), [current]);
  return html`
    <nav class="tabs" aria-label=${label}>
      ${tabs.map(({ href, word }) =>
        href === current
          ? html`<a key=${href} href=${href} ref=${here} aria-current="page">${word}</a>`
          : html`<a key=${href} href=${href}>${word}</a>`,
      )}
    </nav>
  `;
};

// -- forms -------------------------------------------------------------------------------------------

/** A labelled input; what is not named here goes to the input itself. `hint` is read out with it. */
export const Field = ({ label, hint, children, ...input }) => {
  const id = useId();
  const hintId = hint ? `${id}-hint` : undefined;
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      ${
        children
          ? html`<select id=${id} aria-describedby=${hintId} ...${input}>${children}</select>`
          : html`<input id=${id} aria-describedby=${hintId} ...${input} />`
      }
      ${hint && html`<p class="hint" id=${hintId}>${hint}</p>`}
    </div>
  `;
};

const numberOf = (text) => (text === "" ? "" : Number(text));

/** A field for a number, or "" as long as there is none: `set` gets either. What is typed stays as it is: "20.0". */
export const NumberField = ({ value, set, ...field }) => {
  const [typed, setTyped] = useState("");
  const onInput = ({ target }) => {
    setTyped(target.value);
    set(numberOf(target.value));
  };
  return html`
    <${Field}
      type="number"
      inputmode="decimal"
      step="any"
      ...${field}
      value=${numberOf(typed) === value ? typed : value}
      onInput=${onInput}
    />
  `;
};

/** An on/off switch. `label` is for screen readers. */
export const Switch = ({ label, on, onChange, disabled }) => html`
  <button
    type="button"
    class="switch"
    role="switch"
    aria-checked=${on ? "true" : "false"}
    aria-label=${label}
    disabled=${disabled}
    onClick=${() => onChange(!on)}
  ><span class="knob"></span></button>
`;

/** A form that is busy while `submit()` runs, and says what went wrong under it. `beside` its button stand others. */
export const Form = ({ submit, label, children, danger, beside }) => {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const onSubmit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await submit(new FormData(event.target));
    } catch (problem) {
      if (problem.status === undefined) console.error(problem);
      setError(problem);
    }
    setBusy(false);
  };
  return html`
    <form class="form" onSubmit=${onSubmit}>
      ${children}
      ${error && html`<p class="error" role="alert">${told(error)}</p>`}
      <div class="actions">
        <button type="submit" class=${danger ? "danger" : "primary"} disabled=${busy} aria-busy=${busy}>${label}</button>
        ${beside}
      </div>
    </form>
  `;
};

// -- dialogs -----------------------------------------------------------------------------------------

/** A modal dialog while it is mounted. Escape, the cross and a click beside it call `close`. */
export const Dialog = ({ title, close, children }) => {
  const dialog = useRef(null);
  const id = useId();
  // Before anything else is pressed: Escape right after the click is meant for it. Closed, it gives the focus back.
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown.showModal();
    return () => shown.close();
  }, []);
  // What had opened it may be gone by then.
  useEffect(
    () => () => document.activeElement === document.body && document.getElementById("main")?.focus(),
    [],
  );
  return html`
    <dialog
      ref=${dialog}
      aria-labelledby=${id}
      onCancel=${(event) => {
        event.preventDefault();
        close();
      }}
      onClick=${(event) => event.target === dialog.current && close()}
    >
      <div class="dialog">
        <header>
          <h2 id=${id}>${title}</h2>
          <button type="button" class="quiet" aria-label=${t("close")} onClick=${close}><${Icon} name="close" /></button>
        </header>
        ${children}
      </div>
    </dialog>
  `;
};

/** Ask before something is done. `act()` is done on yes, and the dialog closed if it went well; `no` is the word for no. */
export const Confirm = ({ title, text, label, no = t("cancel"), danger = true, act, close }) => html`
  <${Dialog} title=${title} close=${close}>
    <p>${text}</p>
    <${Form}
      label=${label}
      danger=${danger}
      submit=${async () => {
        await act();
        close();
      }}
      beside=${html`<button type="button" onClick=${close}>${no}</button>`}
    />
  <//>
`;
