/** Runs beside all windows of this browser that look at the house: they share one connection, of which it has six. */
import { follow } from "./source.js";
import { Switchboard } from "./switchboard.js";

const switchboard = new Switchboard(follow, () => performance.now());

addEventListener("connect", (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports;
  const tell = (name, place, data) => port.postMessage({ name, place, data });
  port.onmessage = ({ data: { say, since, names } }) => {
    if (say === "join") switchboard.join(port, tell, since, names);
    else if (say === "here") {
      switchboard.here(port);
      port.postMessage({ here: true });
    } else if (say === "leave") switchboard.leave(port);
    else if (say === "forget") switchboard.forget();
  };
});
