/** Hands on the grid of what is set at which times: a stretch drawn, its beginning pulled; the same by keys. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { CHANNELS } from "./events.js";
import { ARROWS, placeOf, TREMBLE, timeRunsDown } from "./gesture.js";
import { painted, shifted, stretch, timed, valued } from "./painting.js";
import { bounded, DAY, FINE_STEP, STEP, snapped } from "./time.js";

const indexOf = (element) => Number(element.closest("[data-index]")?.dataset.index ?? Number.NaN);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** What is in hand: `follow(place, step)` is `{ events, piece }`, all as they then are and the piece that is meant. */
function grab(target, from, { channel, events, brush }) {
  const index = indexOf(target);
  if (target.dataset.edge === "start") {
    const { day, value } = events[index];
    return (to, step) => {
      const minute = bounded(snapped(to.minute, step), 0, DAY - step);
      return { events: shifted(events, index, minute), piece: { day, from: minute, to: minute }, value };
    };
  }
  return (to, step) => {
    const piece = stretch(from, to, step);
    const next = channel === "horarios_riego" ? timed(events, piece) : painted(events, piece, brush);
    const value = channel === "horarios_riego" ? piece.to - piece.from : brush;
    return { events: next, piece, value };
  };
}

/** The event at `index` after an arrow key: along the hours it moves, across them its value does. */
function nudged({ channel, events }, index, [days, steps], step) {
  const event = events[index];
  if (steps) return shifted(events, index, bounded(event.minute + steps * step, 0, DAY - step));
  const { unit, low, high, step: by } = CHANNELS[channel];
  if (unit === undefined) return valued(events, index, !event.value);
  return valued(events, index, bounded(event.value + days * by, low, high));
}

/**
 * `{ held, layer, on }`: `held` as of `grab` while something is in hand. `change` gets the events once it is let go, `open(day)` is
 * asked for by a tap or Enter; `brush` is the value that is drawn with.
 */
export function useEventGesture({ channel, events, brush, change, open }) {
  const layer = useRef(null);
  const hand = useRef(null);
  const [held, setHeld] = useState(null);
  const [focus, setFocus] = useState(null);
  useLayoutEffect(() => {
    if (focus === null) return;
    layer.current.querySelector(`[role="button"][data-index="${focus}"]`)?.focus({ preventScroll: true });
    setFocus(null);
  }, [focus]);
  const down = (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    const from = placeOf(layer.current, event);
    const follow = grab(event.target, from, { channel, events, brush });
    hand.current = { follow, at: [event.clientX, event.clientY], now: null, over: false };
  };
  const move = (event) => {
    const mine = hand.current;
    if (!mine || mine.over || event.buttons === 0) return;
    const distance = Math.hypot(event.clientX - mine.at[0], event.clientY - mine.at[1]);
    if (!mine.now && distance < TREMBLE) return;
    if (!mine.now) layer.current.setPointerCapture(event.pointerId);
    mine.now = mine.follow(placeOf(layer.current, event), event.shiftKey ? FINE_STEP : STEP);
    setHeld(mine.now);
  };
  const up = () => {
    const mine = hand.current;
    if (!mine?.now) return;
    mine.over = true; // a click comes after it all the same
    setHeld(null);
    if (!same(mine.now.events, events)) change(mine.now.events);
  };
  const cancel = () => {
    hand.current = null;
    setHeld(null);
  };
  const click = (event) => {
    const dragged = hand.current?.over;
    hand.current = null;
    if (!dragged) open(events[indexOf(event.target)]?.day ?? placeOf(layer.current, event).day);
  };
  const key = (event) => {
    if (event.key === "Escape" && held) return cancel();
    const index = indexOf(event.target);
    if (!events[index]) return;
    const arrow = ARROWS[event.key];
    if (event.key === "Enter" || event.key === " ") open(events[index].day);
    else if (event.key === "Delete" || event.key === "Backspace") {
      change(events.toSpliced(index, 1));
      setFocus(Math.min(index, events.length - 2));
    } else if (arrow) {
      const [x, y] = arrow;
      /** @type {[number, number]} */
      const way = timeRunsDown(layer.current) ? [x, y] : [-y, x];
      const next = nudged({ channel, events }, index, way, event.ctrlKey ? FINE_STEP : STEP);
      if (!same(next, events)) change(next);
    } else return;
    event.preventDefault();
  };
  const on = {
    onPointerDown: down,
    onPointerMove: move,
    onPointerUp: up,
    onPointerCancel: cancel,
    onClick: click,
    onKeyDown: key,
  };
  return { held, layer, on };
}
