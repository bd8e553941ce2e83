/** One chart on a canvas: uPlot, and the layers that are painted over and under its curve. */
import { number, zone } from "../../format.js";
import { later } from "../../later.js";
import { language } from "../../words.js";
import { tickWords } from "./axis.js";
import { themeColours } from "./colours.js";
import { isolated, pointAt } from "./curve.js";
import {
  paintAnomalies,
  paintBounds,
  paintIsolated,
  paintOther,
  paintOutages,
  paintPicked,
  paintShares,
} from "./paint.js";
import { followPinch } from "./pinch.js";

/** The room beside a curve, in CSS pixels: the same in all charts, so that they stand in line, but for longer labels. */
const LEFT = 52;
// Between a label and the curve, and the edge.
const GAP = 5;
const RIGHT = 12;
// Who moves less while pressing has not dragged.
const DRAGGED = 6;
// From a point that no line leads to or from, who points further away does not mean it.
const NEAR = 12;
const FONT = '12px system-ui, "Segoe UI", Roboto, sans-serif';

let library = null;

/** uPlot and its style sheet, fetched when first asked for. */
export function loadLibrary() {
  library ??= later(fetched);
  library.catch(() => {
    library = null;
  });
  return library;
}

async function fetched() {
  const [{ default: uPlot }] = await Promise.all([import("uplot"), styleSheet("/pagina/uplot.css")]);
  return uPlot;
}

function styleSheet(address) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = address;
  const done = new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = () => reject(new Error(`${address} did not come`));
  });
  document.head.append(link);
  return done;
}

/** The width of the curve in a chart so many CSS pixels wide, where no label needs more room than others. */
export const curveWidth = (width) => width - LEFT - RIGHT;

/**
 * A chart in `host`. `hear` has `cursor(index)` with the point looked at or `null`, `drag(from, to)` and `point(at)`
 * with moments, and `reset()`. `share` tells how much of the time something was on, instead of a curve; `second` is
 * whether there is an upright axis to the right for what it is compared with.
 */
export class Plot {
  #plot;
  #colours = themeColours();
  #shown = null;
  #share;
  #second;

  constructor(uPlot, host, { height, share, second, hear }) {
    this.#share = share;
    this.#second = second;
    const width = host.clientWidth;
    // Where a day or an hour begins, in the house.
    const tzDate = (moment) =>
      zone.value ? uPlot.tzDate(new Date(moment * 1000), zone.value) : new Date(moment * 1000);
    const options = { ...this.#options(width, height, hear), tzDate };
    this.#plot = new uPlot(options, [[], [], [], []], host);
    this.#listen(hear);
  }

  /**
   * Draw `{columns, shares, step, span, vertical, bounds, outages, anomalies, other, picked}`: columns of curve.js,
   * shares of `holds`, bounds or `null`, what it is compared with (`{columns, vertical}`) or `null`, and the moment
   * that was picked or `null`.
   */
  show(what) {
    this.#shown = { ...what, alone: isolated(what.columns[1]) };
    this.#plot.batch(() => {
      this.#plot.setData(what.columns, false);
      this.#plot.setScale("x", { min: what.span.since, max: what.span.until });
      this.#plot.setScale("y", { min: what.vertical[0], max: what.vertical[1] });
      if (this.#second && what.other)
        this.#plot.setScale("other", { min: what.other.vertical[0], max: what.other.vertical[1] });
    });
  }

  resize(width) {
    this.#plot.setSize({ width, height: this.#plot.height });
  }

  /** In the colours of the theme and the words of the language, as they now are. */
  redraw() {
    this.#colours = themeColours();
    this.#plot.redraw(false, true);
  }

  /** Put the cursor on a point. */
  move(index) {
    const { clientWidth, clientHeight } = this.#plot.over;
    // The first and the last point may stand a little outside, where a cursor would be none.
    const left = Math.min(Math.max(this.#plot.valToPos(this.#shown.columns[0][index], "x"), 0), clientWidth);
    this.#plot.setCursor({ left, top: clientHeight / 2 });
  }

  hideCursor() {
    this.#plot.setCursor({ left: -10, top: -10 });
  }

  /** Where the curve is, in CSS pixels from the top of the host. */
  get place() {
    const { top, height } = this.#plot.bbox;
    return { top: top / devicePixelRatio, height: height / devicePixelRatio };
  }

  get canvas() {
    return this.#plot.ctx.canvas;
  }

  destroy() {
    this.#plot.destroy();
  }

  #options(width, height, hear) {
    const colour = (name) => () => this.#colours[name];
    const axis = { font: FONT, stroke: colour("muted"), ticks: { show: false } };
    return {
      width,
      height,
      padding: [10, RIGHT, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        points: { show: dotOnMean, size: 9, fill: colour("accent"), stroke: colour("surface") },
        bind: { dblclick: () => () => hear.reset() },
        // Where there is nothing, nothing is pointed at.
        dataIdx: (_, __, ___, moment) => this.#meant(moment),
      },
      scales: { x: { time: true }, y: {}, other: { auto: false } },
      axes: [
        {
          ...axis,
          size: 30,
          space: 74,
          grid: { show: false },
          values: (_, moments, __, ___, apart) => tickWords(moments, apart, language.value),
        },
        {
          ...axis,
          size: roomFor,
          gap: GAP,
          space: 34,
          grid: { stroke: colour("line"), width: 1 },
          splits: this.#share ? () => [0, 1] : undefined,
          values: (_, values) =>
            values.map((value) => (this.#share ? number(value * 100, "%") : number(value, "", 3))),
        },
        {
          ...axis,
          show: this.#second,
          scale: "other",
          side: 1,
          size: roomFor,
          gap: GAP,
          space: 34,
          stroke: colour("warn"),
          grid: { show: false },
          values: (_, values) => values.map((value) => number(value, "", 3)),
        },
      ],
      series: [
        {},
        this.#share ? { paths: () => null, points: { show: false } } : curve(colour("accent")),
        edge(),
        edge(),
      ],
      bands: this.#share ? [] : [{ series: [3, 2], fill: colour("shade") }],
      hooks: {
        drawClear: [() => this.#paintUnder()],
        draw: [() => this.#paintOver()],
        setCursor: [
          (plot) =>
            hear.cursor(plot.cursor.left < 0 ? null : this.#meant(plot.posToVal(plot.cursor.left, "x"))),
        ],
        setSelect: [(plot) => dragged(plot, hear)],
      },
    };
  }

  /** The index of the point that is meant at a moment, or `null`. */
  #meant(moment) {
    if (!this.#shown) return null;
    const { columns, span, step } = this.#shown;
    const pixels = (NEAR * (span.until - span.since)) / this.#plot.over.clientWidth;
    return pointAt(columns, moment, Math.max(pixels, this.#share ? step : step / 2));
  }

  #paintUnder() {
    if (!this.#shown) return;
    const { bounds, outages, shares } = this.#shown;
    paintOutages(this.#plot, outages, this.#colours);
    if (bounds) paintBounds(this.#plot, bounds, this.#colours);
    if (this.#share) paintShares(this.#plot, shares, this.#colours);
  }

  #paintOver() {
    if (!this.#shown) return;
    const { columns, alone, anomalies, other, picked } = this.#shown;
    if (!this.#share) paintIsolated(this.#plot, columns, alone, this.#colours);
    if (other) paintOther(this.#plot, other.columns, this.#second ? "other" : "y", this.#colours);
    paintAnomalies(this.#plot, anomalies, this.#colours);
    if (picked !== null) paintPicked(this.#plot, picked, this.#colours);
  }

  // A finger moves the cursor; up and down it scrolls the page.
  #listen(hear) {
    const { over } = this.#plot;
    const follow = (event) => {
      if (event.pointerType !== "mouse") this.#plot.setCursor({ left: event.offsetX, top: event.offsetY });
    };
    over.addEventListener("pointerdown", follow);
    over.addEventListener("pointermove", follow);
    followPinch(
      this.#plot,
      (from, to) => hear.drag(from, Math.min(to, Date.now() / 1000)),
      () => this.show(this.#shown),
    );
    over.addEventListener("click", (event) => hear.point(this.#plot.posToVal(event.offsetX, "x")));
  }
}

/** How wide an upright axis is with these labels, which are `null` before there are any. */
function roomFor({ ctx: context }, labels) {
  if (!labels) return LEFT;
  context.save();
  context.font = FONT;
  const widest = Math.max(0, ...labels.map((label) => context.measureText(label).width));
  context.restore();
  return Math.max(LEFT, Math.ceil(widest) + 2 * GAP);
}

const curve = (stroke) => ({ stroke, width: 2, points: { show: false } });
const edge = () => ({ stroke: "transparent", width: 0, points: { show: false } });

function dotOnMean(plot, series) {
  if (series !== 1) return undefined;
  const dot = document.createElement("div");
  const { size } = plot.cursor.points;
  Object.assign(dot.style, { width: `${size()}px`, height: `${size()}px`, margin: `${-size() / 2}px` });
  return dot;
}

function dragged(plot, hear) {
  const { left, width } = plot.select;
  if (width === 0) return;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (width >= DRAGGED) hear.drag(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
}
