/** The layers of a chart that uPlot does not draw: each takes it, and what to draw, in the pixels of its canvas. */

const HATCH = 7;
const MARK = 5;
const DOT = 2.2;

const xOf = (plot, moment) => plot.valToPos(moment, "x", true);
const yOf = (plot, value) => plot.valToPos(value, "y", true);

/** Do `draw(context, box, pixel)` within the area of the curve; `pixel` is how many make one of CSS. */
function within(plot, draw) {
  const { ctx: context, bbox: box } = plot;
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  context.clip();
  draw(context, box, devicePixelRatio);
  context.restore();
}

/** What rule 1 takes for normal: a band, as far as it has bounds, between dashed lines. */
export function paintBounds(plot, bounds, colours) {
  within(plot, (context, box, pixel) => {
    const top = bounds.max === null ? box.top : yOf(plot, bounds.max);
    const bottom = bounds.min === null ? box.top + box.height : yOf(plot, bounds.min);
    context.fillStyle = colours.normal;
    context.fillRect(box.left, top, box.width, bottom - top);
    context.strokeStyle = colours.good;
    context.lineWidth = pixel;
    context.setLineDash([6 * pixel, 5 * pixel]);
    for (const y of [bounds.max === null ? null : top, bounds.min === null ? null : bottom]) {
      if (y !== null) line(context, box.left, y, box.left + box.width, y);
    }
  });
}

/** When the device was away: hatched from top to bottom. */
export function paintOutages(plot, outages, colours) {
  within(plot, (context, box, pixel) => {
    for (const { from, to } of outages) {
      hatch(
        context,
        xOf(plot, from),
        box.top,
        Math.max(xOf(plot, to) - xOf(plot, from), 2 * pixel),
        box.height,
        colours,
        pixel,
      );
    }
  });
}

/** A hatched rectangle; also in legends. */
export function hatch(context, left, top, width, height, colours, pixel) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.fillStyle = colours.sunken;
  context.fillRect(left, top, width, height);
  context.strokeStyle = colours.muted;
  context.globalAlpha = 0.55;
  context.lineWidth = pixel;
  for (let x = left - height; x < left + width; x += HATCH * pixel)
    line(context, x, top + height, x + height, top);
  context.restore();
}

/** How much of the time it was on: a column as long as that holds. */
export function paintShares(plot, shares, colours) {
  within(plot, (context, box, pixel) => {
    const floor = yOf(plot, 0);
    context.fillStyle = colours.accent;
    for (const { from, to, share } of shares) {
      // Whole pixels, or neighbours show a seam.
      const left = Math.round(xOf(plot, from));
      const right = Math.max(Math.round(xOf(plot, to)), left + 1);
      const top = yOf(plot, share);
      if (share > 0) context.fillRect(left, top, right - left, floor - top);
    }
    context.strokeStyle = colours.line;
    context.lineWidth = pixel;
    line(context, box.left, floor, box.left + box.width, floor);
  });
}

/** Points that stand alone, of which no line tells: the range of each, and its mean. */
export function paintIsolated(plot, [at, mean, low, high], indexes, colours) {
  within(plot, (context, _, pixel) => {
    for (const index of indexes) {
      const x = xOf(plot, at[index]);
      context.strokeStyle = colours.shade;
      context.lineWidth = 4 * pixel;
      line(context, x, yOf(plot, low[index]), x, yOf(plot, high[index]));
      context.fillStyle = colours.accent;
      context.beginPath();
      context.arc(x, yOf(plot, mean[index]), DOT * pixel, 0, 2 * Math.PI);
      context.fill();
    }
  });
}

/** What it is compared with: a dashed line on its own scale, broken where nothing was reported. */
export function paintOther(plot, [at, mean], scale, colours) {
  within(plot, (context, _, pixel) => {
    context.strokeStyle = colours.warn;
    context.fillStyle = colours.warn;
    context.lineWidth = 2 * pixel;
    context.setLineDash([6 * pixel, 3 * pixel]);
    context.beginPath();
    let drawn = false;
    mean.forEach((value, index) => {
      if (value === null) {
        drawn = false;
        return;
      }
      const x = xOf(plot, at[index]);
      const y = plot.valToPos(value, scale, true);
      if (drawn) context.lineTo(x, y);
      else context.moveTo(x, y);
      drawn = true;
      if ((mean[index - 1] ?? null) === null)
        context.fillRect(x - DOT * pixel, y - DOT * pixel, 2 * DOT * pixel, 2 * DOT * pixel);
    });
    context.stroke();
  });
}

/** Readings that were out of the ordinary: diamonds. */
export function paintAnomalies(plot, anomalies, colours) {
  within(plot, (context, _, pixel) => {
    for (const { at, value } of anomalies) diamond(context, xOf(plot, at), yOf(plot, value), colours, pixel);
  });
}

/** A diamond round a middle; also in legends. */
export function diamond(context, x, y, colours, pixel) {
  const size = MARK * pixel;
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
  context.fillStyle = colours.bad;
  context.fill();
  context.strokeStyle = colours.surface;
  context.lineWidth = 1.5 * pixel;
  context.stroke();
}

/** Where the stretch to look at begins, once that is chosen. */
export function paintPicked(plot, moment, colours) {
  within(plot, (context, box, pixel) => {
    context.strokeStyle = colours.text;
    context.lineWidth = 2 * pixel;
    const x = xOf(plot, moment);
    line(context, x, box.top, x, box.top + box.height);
  });
}

function line(context, fromX, fromY, toX, toY) {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}
