/** The drawing itself, and the cursor that goes along it: by mouse, finger or arrow keys. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../../html.js";
import { Failure } from "../../ui.js";
import { language, t } from "../../words.js";
import { onTheme } from "./colours.js";
import { loadLibrary, Plot } from "./plot.js";
import { otherWords, pointWords } from "./wording.js";

const HEIGHT = 220;
const STRIP_HEIGHT = 104;
const FAR = 10;

/** `canvas` is a signal that gets the canvas drawn on; `over(scale)` what lies over it, or `null`. The others as in chart.js. */
export const Scrubber = ({ name, shown, share, unit, width, looking, canvas, over }) => {
  const host = useRef(null);
  const plot = useRef(null);
  const cursor = useSignal(null);
  const [error, setError] = useState(null);
  const latest = useRef(null);
  latest.current = { shown, looking };

  const draw = () => plot.current?.show({ ...latest.current.shown, picked: latest.current.looking.picked });
  const begin = () => {
    let over = false;
    setError(null);
    loadLibrary().then((uPlot) => {
      if (over || !host.current) return; // gone meanwhile
      const hear = {
        cursor: (index) => {
          cursor.value = index;
        },
        drag: (from, to) => latest.current.looking.zoom(from, to),
        point: (at) => latest.current.looking.pick(at),
        reset: () => latest.current.looking.reset(),
      };
      plot.current = new Plot(uPlot, host.current, {
        height: share ? STRIP_HEIGHT : HEIGHT,
        share,
        second: Boolean(shown.other?.unlike),
        hear,
      });
      canvas.value = plot.current.canvas;
      draw();
    }, setError);
    return () => {
      over = true;
      plot.current?.destroy();
      plot.current = null;
      canvas.value = null;
    };
  };
  useEffect(begin, []);
  useEffect(draw, [shown, looking.picked]);
  useEffect(() => plot.current?.resize(width), [width]);
  useEffect(() => onTheme(() => plot.current?.redraw()), []);
  useSignalEffect(() => {
    language.value;
    plot.current?.redraw();
  });

  const onKeyDown = (event) => {
    const { key } = event;
    const { columns } = shown;
    if (key === "Enter" && cursor.value !== null) {
      looking.pick(columns[0][cursor.value]);
    } else if (key === "Escape") {
      plot.current?.hideCursor();
    } else {
      const to = keyed(event, cursor.value, columns[1]);
      if (to === null) return;
      plot.current?.move(to);
    }
    event.preventDefault();
  };
  if (error) return html`<${Failure} error=${error} retry=${begin} />`;
  const index = cursor.value !== null && shown.columns[1][cursor.value] != null ? cursor.value : null;
  const words =
    index === null
      ? ""
      : pointWords(shown, index, share, unit) + (shown.other ? otherWords(shown, shown.other, index) : "");
  return html`
    <div class="plot">
    <div
      class=${share ? "strip-space" : "chart-space"}
      ref=${host}
      role="slider"
      tabindex="0"
      aria-label=${t("device.cursor", { name })}
      aria-valuemin="0"
      aria-valuemax=${shown.columns[0].length - 1}
      aria-valuenow=${index ?? 0}
      aria-valuetext=${words || t("device.cursor.none")}
      onKeyDown=${onKeyDown}
    ></div>
    ${over && plot.current && over({ ...plot.current.place, range: shown.vertical })}
    </div>
    <p class="readout muted">${words}</p>
  `;
};

/** The index that a key leads to from `index` (or `null`), over gaps; `null` for other keys. */
export function keyed({ key, shiftKey }, index, values) {
  const stops = values.flatMap((value, each) => (value === null ? [] : [each]));
  if (key === "Home") return stops[0];
  if (key === "End") return stops.at(-1);
  const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: FAR, PageDown: -FAR }[key];
  if (way === undefined) return null;
  if (index === null) return way > 0 ? stops[0] : stops.at(-1);
  const steps = shiftKey ? way * FAR : way;
  const here = stops.findIndex((each) => each >= index);
  return stops[Math.max(0, Math.min(stops.length - 1, (here < 0 ? stops.length - 1 : here) + steps))];
}
