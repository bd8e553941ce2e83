/** Hands on the grid: a window drawn, moved or pulled by pointer, and moved by keys; dropped, it is a change. */
import { useEffect, useRef, useState } from "preact/hooks";
import {
  added,
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
const TREMBLE = 5;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// style.css decides, by the width of the screen and the kind of pointer.
const timeRunsDown = (layer) => getComputedStyle(layer).getPropertyValue("--time").trim() === "down";

/** The place `{ day, minute }` under the pointer; the minute may lie outside of the day. */
function placeOf(layer, { clientX, clientY }) {
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

/**
 * `{ held, layer, on }`: `held` is `{ index, window }` while a window is in hand, at its place in `windows` or, new,
 * after the last; `layer` the ref of the element and `on` the handlers that it needs. `change` gets the windows once
 * it is let go; `edit(index)` and `add(place)` are asked for by a tap or Enter.
 */
export function useGesture(windows, { change, edit, add }) {
  const layer = useRef(null);
  const hand = useRef(null);
  const [held, setHeld] = useState(null);
  const [focus, setFocus] = useState(null);
  useEffect(() => {
    if (focus === null) return;
    layer.current.querySelector(`[role="button"][data-index="${focus}"]`)?.focus({ preventScroll: true });
    setFocus(null);
  }, [focus]);

  const cancel = () => {
    hand.current = null;
    setHeld(null);
  };
  const drop = () => {
    const after = added(without(windows, held.index), held.window);
    cancel();
    if (JSON.stringify(after) !== JSON.stringify(windows)) change(after);
    return indexAt(after, startOf(held.window));
  };

  const down = (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    if (held) drop();
    const from = placeOf(layer.current, event);
    hand.current = {
      ...grab(event.target, from, windows),
      at: [event.clientX, event.clientY],
      dragging: false,
    };
  };
  const move = (event) => {
    const mine = hand.current;
    if (!mine || mine.over) return;
    const distance = Math.hypot(event.clientX - mine.at[0], event.clientY - mine.at[1]);
    if (!mine.dragging && distance < TREMBLE) return;
    if (!mine.dragging) layer.current.setPointerCapture(event.pointerId);
    mine.dragging = true;
    const window = mine.follow(placeOf(layer.current, event), event.shiftKey ? FINE_STEP : STEP);
    setHeld({ index: mine.index, window });
  };
  const up = () => {
    const mine = hand.current;
    if (held && mine?.dragging) setFocus(drop());
    // What was dragged was not tapped, but a click comes after it all the same.
    hand.current = mine?.dragging ? { over: true } : null;
  };
  const click = (event) => {
    const dragged = hand.current?.over;
    hand.current = null;
    if (dragged) return;
    const at = event.target.closest("[data-index]");
    if (at) edit(Number(at.dataset.index));
    else add(placeOf(layer.current, event));
  };

  const key = (event) => {
    const index = Number(event.target.dataset.index ?? Number.NaN);
    if (event.key === "Escape" || (held && event.key === "z" && (event.ctrlKey || event.metaKey))) {
      if (held) event.stopPropagation();
      return cancel();
    }
    if (!windows[index]) return undefined;
    if (event.key in ARROWS) {
      const [x, y] = ARROWS[event.key];
      const arrow = timeRunsDown(layer.current) ? [x, y] : [y, x];
      const window = held ? held.window : windows[index];
      setHeld({ index, window: nudged(window, arrow, event.shiftKey, event.ctrlKey ? FINE_STEP : STEP) });
    } else if (event.key === "Delete" || event.key === "Backspace") {
      cancel();
      change(without(windows, index));
      setFocus(Math.min(index, windows.length - 2));
    } else if (event.key === "Enter" || event.key === " ") {
      edit(held ? drop() : index);
    } else {
      return undefined;
    }
    return event.preventDefault();
  };
  const blur = () => held && !hand.current && drop();

  return {
    held,
    layer,
    on: {
      onPointerDown: down,
      onPointerMove: move,
      onPointerUp: up,
      onPointerCancel: cancel,
      onClick: click,
      onKeyDown: key,
      onFocusOut: blur,
    },
  };
}
