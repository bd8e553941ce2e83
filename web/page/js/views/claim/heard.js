/** Which devices have been heard in the house. */
import { computed, effect } from "@preact/signals";
import { devices } from "../../house.js";

/** The signal of the device with this serial number; `undefined` as long as nothing was heard of it. */
export const heard = (serial) =>
  [...devices.value.values()].find((device) => device.peek().serial_number === serial);

/** As the device that is meant writes it, where one has been heard: people type small letters. */
export function asAnnounced(typed) {
  const serials = [...devices.peek().values()].map((device) => device.peek().serial_number);
  const alike = serials.find((serial) => serial.toUpperCase() === typed.toUpperCase());
  return serials.includes(typed) ? typed : (alike ?? typed);
}

/** Resolves to true as soon as the device is heard, to false if `stop`, an AbortSignal, comes before. */
export async function untilHeard(serial, stop) {
  let end = () => {};
  const outcome = new Promise((resolve) => {
    end = effect(() => {
      if (heard(serial)) resolve(true);
    });
    stop.addEventListener("abort", () => resolve(false));
  });
  await outcome;
  end();
  return outcome;
}

// As text, so that a report, which seldom changes it, changes nothing of the list.
const unclaimed = computed(() =>
  [...devices.value]
    .filter(([, device]) => !device.value.reclamado)
    .map(([id]) => id)
    .join(),
);

/** Signals of those that wait to be claimed. */
export const unclaimedDevices = () =>
  unclaimed.value ? unclaimed.value.split(",").map((id) => devices.peek().get(Number(id))) : [];
