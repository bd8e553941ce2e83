/** Switching many devices at once, to be taken back as one. */
import { zone } from "../../format.js";
import { toast, told } from "../../ui.js";
import { t } from "../../words.js";
import { byHand } from "./by_hand.js";
import { order } from "./orders.js";
import { isOn, isScheduled } from "./status.js";

// Of the six connections that a browser has for all its tabs the stream holds one; the rest of the page wants some.
const AT_ONCE = 4;

/** Switch all of them `on` or off that are not; what was done can be undone for a while, and what was refused is said. */
export async function switchAll(devices, on) {
  const now = Date.now();
  const turned = devices.filter((device) => isOn(device, null) !== on);
  const wishes = turned.map((device) => [device.id, byHand(device, { encendido: on }, now, zone.peek())]);
  const back = new Map(turned.map((device) => [device.id, asItWas(device, !on)]));
  const done = await carriedOut(wishes);
  if (done.length === 0) return;
  toast(t(on ? "devices.turned.on" : "devices.turned.off", { n: done.length }), "good", {
    label: t("undo"),
    act: () => carriedOut(done.map((id) => [id, back.get(id)])),
  });
}

const asItWas = (device, on) =>
  isScheduled(device) ? { modo: "horario", estado: on ? "activo" : "inactivo" } : { encendido: on };

/** The ids of those that were carried out; of the others one message says how many there are, and why the first. */
async function carriedOut(wishes) {
  const done = [];
  const failed = [];
  const waiting = [...wishes];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [id, wish] = next;
      await order(id, wish).then(
        () => done.push(id),
        (error) => failed.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failed.length) toast(t("devices.turned.failed", { n: failed.length, why: told(failed[0]) }), "bad");
  return done;
}
