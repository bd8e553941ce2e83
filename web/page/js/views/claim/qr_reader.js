/** Finds a QR code in a picture: with the browser's own reader where there is one, else with one in script. */

const FORMAT = "qr_code";

const canvas = document.createElement("canvas");
const context = canvas.getContext("2d", { willReadFrequently: true });
let native;

/**
 * The text of the code that is seen in `picture`, an image or a video's frame of `width` by `height` pixels; `null`
 * if there is none. It is looked at with its longer side scaled down to `longest`, for about `patienceMs` at most.
 */
export async function readQr(picture, { width, height }, { longest, patienceMs }) {
  const scale = Math.min(1, longest / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  native ??= nativeReader();
  try {
    const reader = await native;
    if (reader) return (await reader.detect(image))[0]?.rawValue ?? null;
  } catch {
    native = Promise.resolve(null); // the part of the phone that it relies on is missing
  }
  return inScript(image, patienceMs);
}

async function nativeReader() {
  // Not every browser has it, nor do the types of the DOM.
  const { BarcodeDetector } = /** @type {any} */ (globalThis);
  const formats = (await BarcodeDetector?.getSupportedFormats()) ?? [];
  return formats.includes(FORMAT) ? new BarcodeDetector({ formats: [FORMAT] }) : null;
}

async function inScript(image, timeLimit) {
  const { decodeQR } = await import("qr/decode.js");
  try {
    return decodeQR(image, { timeLimit });
  } catch {
    return null; // no code, or none that can be read
  }
}
