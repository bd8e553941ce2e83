/** Runs beside all windows of this browser that look at the house: they share one connection, of which it has six. */
import { follow } from "./source.js";
import { Switchboard } from "./switchboard.js";

const switchboard = new Switchboard(follow, () => performance.now());

addEventListener("connect", (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports;
  port.onmessage = ({ data }) => switchboard.obey(port, data, (told) => port.postMessage(told));
});
