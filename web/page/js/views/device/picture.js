/** A chart as a picture of its own: title, curve, and what the signs in it mean. */
import { themeColours } from "./colours.js";
import { diamond, hatch } from "./paint.js";

const MARGIN = 16;
const TITLE = 18;
const TEXT = 13;
const LINE = 22;
const SIGN = 22;
const FAMILY = 'system-ui, "Segoe UI", Roboto, sans-serif';

/** Let the browser save `file`. `canvas` is the chart's; `legend` as of `legendOf`. */
export async function savePicture(canvas, { title, subtitle, legend, file }) {
  const picture = composed(canvas, { title, subtitle, legend });
  const blob = await new Promise((resolve) => picture.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("The canvas gave no picture");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  // Not at once: the browser reads it while it saves.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function composed(canvas, { title, subtitle, legend }) {
  const pixel = devicePixelRatio;
  const width = canvas.width / pixel + 2 * MARGIN;
  const measure = document.createElement("canvas").getContext("2d");
  const titles = wrapped(measure, title, `600 ${TITLE}px ${FAMILY}`, width - 2 * MARGIN);
  const rows = laidOut(measure, legend, width - 2 * MARGIN);
  const top = MARGIN + titles.length * (TITLE + 6) + LINE;
  const height = top + canvas.height / pixel + MARGIN / 2 + rows.length * LINE + MARGIN;

  const picture = document.createElement("canvas");
  picture.width = Math.round(width * pixel);
  picture.height = Math.round(height * pixel);
  const context = picture.getContext("2d");
  const colours = themeColours();
  context.fillStyle = colours.surface;
  context.fillRect(0, 0, picture.width, picture.height);
  context.drawImage(canvas, Math.round(MARGIN * pixel), Math.round(top * pixel));
  context.scale(pixel, pixel);
  context.textBaseline = "top";
  write(context, titles, `600 ${TITLE}px ${FAMILY}`, colours.text, TITLE + 6);
  context.font = `${TEXT}px ${FAMILY}`;
  context.fillStyle = colours.muted;
  context.fillText(subtitle, MARGIN, top - LINE);
  rows.forEach((row, index) => {
    const y = top + canvas.height / pixel + MARGIN / 2 + index * LINE;
    for (const { sign, words, x } of row) {
      drawSign(context, sign, MARGIN + x, y, colours);
      context.fillStyle = colours.text;
      context.fillText(words, MARGIN + x + SIGN + 6, y);
    }
  });
  return picture;
}

function write(context, lines, font, colour, height) {
  context.font = font;
  context.fillStyle = colour;
  lines.forEach((line, index) => context.fillText(line, MARGIN, MARGIN + index * height));
}

/** Lines of a text no wider than `width`; a word that is gets broken. */
function wrapped(context, text, font, width) {
  context.font = font;
  const lines = [""];
  for (const piece of text.split(/(?<=\s)/)) {
    if (lines.at(-1) && context.measureText(lines.at(-1) + piece.trimEnd()).width > width) lines.push("");
    for (const letter of piece) {
      if (context.measureText(lines.at(-1) + letter.trimEnd()).width > width) lines.push("");
      lines[lines.length - 1] += letter;
    }
  }
  return lines.map((line) => line.trimEnd());
}

/** Rows of the legend's items, each with its `x`. */
function laidOut(context, legend, width) {
  context.font = `${TEXT}px ${FAMILY}`;
  const rows = [];
  let x = Number.POSITIVE_INFINITY;
  for (const item of legend) {
    const wide = SIGN + 6 + context.measureText(item.words).width;
    if (x + wide > width) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1).push({ ...item, x });
    x += wide + MARGIN;
  }
  return rows;
}

// As the style sheet draws them for the page.
function drawSign(context, sign, x, y, colours) {
  const middle = y + TEXT / 2;
  if (sign === "outage") {
    hatch(context, x, y, SIGN, TEXT, colours, 1);
  } else if (sign === "anomaly") {
    diamond(context, x + SIGN / 2, middle, colours, 1);
  } else {
    const tall = sign === "mean" || sign === "other" ? 2 : TEXT;
    context.fillStyle = {
      mean: colours.accent,
      other: colours.warn,
      share: colours.accent,
      spread: colours.shade,
      normal: colours.normal,
    }[sign];
    context.fillRect(x, middle - tall / 2, SIGN, tall);
    if (sign === "normal") {
      context.strokeStyle = colours.good;
      context.setLineDash([4, 3]);
      context.strokeRect(x, y, SIGN, TEXT);
      context.setLineDash([]);
    }
  }
}
