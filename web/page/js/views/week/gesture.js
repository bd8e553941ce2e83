/** Hands on the grid: a window drawn, moved or pulled by pointer, and moved by keys; dropped, it is a change. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import {
  added,
  carried,
  drawn,
  endedAt,
  indexAt,
  lengthOf,
  moved,
  startedAt,
  startOf,
  windowAt,
  without,
} from "./model.js";
import { bounded, DAY, FINE_STEP, STEP } from "./time.js";

// A hand that means to tap trembles as far as this, in pixels.
export const TREMBLE = 5;
/** @type {Record<string, [number, number]>} */
export const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// week.css decides, by the width of the screen and the kind of pointer.
export const timeRunsDown = (layer) => getComputedStyle(layer).getPropertyValue("--time").trim() === "down";

/** The place `{ day, minute }` under the pointer; the minute may lie outside of the day. */
export function placeOf(layer, { clientX, clientY }) {
  const { left, top, width, height } = layer.getBoundingClientRect();
  const [x, y] = [(clientX - left) / width, (clientY - top) / height];
  const [across, along] = timeRunsDown(layer) ? [x, y] : [y, x];
  return { day: bounded(Math.floor(across * 7), 0, 6), minute: along * DAY };
}

const minuteAt = ({ day, minute }) => day * DAY + minute;

/** What is in hand when a pointer goes down: `follow(place, step)` is the window when it has come to `place`. */
function grab(target, from, windows) {
  const index = Number(target.closest("[data-index]")?.dataset.index ?? windows.length);
  const window = windows[index];
  if (!window) return { index, follow: (to, step) => drawn(from, to, step) };
  const edge = target.dataset.edge;
  if (edge === "start") return { index, follow: (to, step) => startedAt(window, to, step) };
  if (edge === "end") return { index, follow: (to, step) => endedAt(window, to, step) };
  return { index, follow: (to, step) => moved(window, minuteAt(to) - minuteAt(from), step) };
}

/** The window moved, or with `stretch` its end, by an arrow key. */
function nudged(window, [days, steps], stretch, step) {
  if (!stretch) return moved(window, days * DAY + steps * step, days ? 1 : step);
  return windowAt(startOf(window), bounded(lengthOf(window) + steps * step, step, DAY));
}

/** The window in hand: `now` is the truth, for events that come faster than they are drawn, `shown` what is drawn. */
function useHeld(windows, layer, change) {
  const now = useRef(null);
  const [shown, setShown] = useState(null);
  const [focus, setFocus] = useState(null);
  // At once: the next key is meant for the window that now has the focus.
  useLayoutEffect(() => {
    if (focus === null) return;
    layer.current.querySelector(`[role="button"][data-index="${focus}"]`)?.focus({ preventScroll: true });
    setFocus(null);
  }, [focus]);
  const hold = (held) => {
    now.current = held;
    setShown(held);
  };
  const drop = () => {
    const { index, window } = now.current;
    const after = added(without(windows, index), carried(windows[index] ?? {}, window));
    hold(null);
    if (JSON.stringify(after) !== JSON.stringify(windows)) change(after);
    return indexAt(after, startOf(window));
  };
  return { now, shown, hold, drop, setFocus };
}

// What was dragged was not tapped, but a click comes after it all the same.
const OVER = { over: true };

/** `hand` is the ref of what the pointer does: null, `OVER`, or what it has grabbed and whether it drags it. */
function byPointer(windows, { layer, hand, held, edit, add }) {
  const down = (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    if (held.now.current) {
      // By keys: it comes first, and what is under the pointer may be another one after it.
      held.drop();
      hand.current = OVER;
      return;
    }
    const from = placeOf(layer.current, event);
    const at = [event.clientX, event.clientY];
    hand.current = { ...grab(event.target, from, windows), at, dragging: false };
  };
  const move = (event) => {
    const mine = hand.current;
    if (!mine || mine === OVER || event.buttons === 0) return;
    const distance = Math.hypot(event.clientX - mine.at[0], event.clientY - mine.at[1]);
    if (!mine.dragging && distance < TREMBLE) return;
    if (!mine.dragging) layer.current.setPointerCapture(event.pointerId);
    mine.dragging = true;
    const window = mine.follow(placeOf(layer.current, event), event.shiftKey ? FINE_STEP : STEP);
    held.hold({ index: mine.index, window });
  };
  const up = () => {
    if (!hand.current?.dragging) return;
    hand.current = OVER;
    held.setFocus(held.drop());
  };
  const cancel = () => {
    hand.current = null;
    held.hold(null);
  };
  const click = (event) => {
    const dragged = hand.current === OVER;
    hand.current = null;
    if (dragged) return;
    const at = event.target.closest("[data-index]");
    if (at) edit(Number(at.dataset.index));
    else add(placeOf(layer.current, event));
  };
  return {
    onPointerDown: down,
    onPointerMove: move,
    onPointerUp: up,
    onPointerCancel: cancel,
    onClick: click,
  };
}

function byKeys(windows, { layer, hand, held, change, edit }) {
  const letGo = () => {
    if (hand.current?.dragging) hand.current = OVER;
    held.hold(null);
  };
  const arrow = (event, index) => {
    const [x, y] = ARROWS[event.key];
    /** @type {[number, number]} */
    const way = timeRunsDown(layer.current) ? [x, y] : [y, x];
    const window = held.now.current?.window ?? windows[index];
    held.hold({ index, window: nudged(window, way, event.shiftKey, event.ctrlKey ? FINE_STEP : STEP) });
  };
  const erase = (index) => {
    letGo();
    change(without(windows, index));
    held.setFocus(Math.min(index, windows.length - 2));
  };
  const enter = (index) => {
    if (held.now.current) held.setFocus(held.drop());
    else edit(index);
  };
  const onKeyDown = (event) => {
    const undone = event.key === "z" && (event.ctrlKey || event.metaKey);
    if (held.now.current && (event.key === "Escape" || undone)) {
      event.stopPropagation();
      letGo();
    }
    const index = Number(event.target.dataset.index ?? Number.NaN);
    const does = { Enter: enter, " ": enter, Delete: erase, Backspace: erase }[event.key];
    if (!windows[index] || !(does || event.key in ARROWS)) return;
    event.preventDefault();
    if (does) does(index);
    else arrow(event, index);
  };
  const onFocusOut = () => held.now.current && !hand.current?.dragging && held.drop();
  return { onKeyDown, onFocusOut };
}

/**
 * `{ held, layer, on }`: `held` is `{ index, window }` while a window is in hand, at its place in `windows` or, new,
 * after the last; `layer` the ref of the element and `on` the handlers that it needs. `change` gets the windows once
 * it is let go, by Enter too; `edit(index)` and `add(place)` are asked for by a tap or, of what is not in hand, Enter.
 */
export function useGesture(windows, { change, edit, add }) {
  const layer = useRef(null);
  const hand = useRef(null);
  const held = useHeld(windows, layer, change);
  const context = { layer, hand, held, change, edit, add };
  return { held: held.shown, layer, on: { ...byPointer(windows, context), ...byKeys(windows, context) } };
}
