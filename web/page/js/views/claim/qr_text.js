/** What the text of a scanned code means. Pure: no DOM, no signals. */
import { codeOf } from "../../pairing.js";

const SERIAL = /^[A-Za-z0-9._:-]{1,64}$/;

/**
 * `{ body }`, what claims the device, with all that its code says; or `{ problem }`: "pairing" for a link to come
 * in with, "foreign" for whatever else. A plain serial number is a device's too.
 */
export function readCode(text) {
  const told = text.trim();
  if (isSerial(told)) return { body: { serial_number: told } };
  if (codeOf(told)) return { problem: "pairing" };
  const { serial, serial_number = serial, ...rest } = objectIn(told);
  return isSerial(serial_number) ? { body: { ...rest, serial_number } } : { problem: "foreign" };
}

export const isSerial = (value) => typeof value === "string" && SERIAL.test(value);

function objectIn(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" ? value : {};
  } catch {
    return {};
  }
}
