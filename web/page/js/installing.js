/** The browser's offer to install the page as an app. It is made once, early, so it is listened for from the start. */
import { signal } from "@preact/signals";

/** The browser's event, whose `prompt()` asks; `null` where there is none. */
export const offer = signal(null);

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer.value = event;
});
addEventListener("appinstalled", () => {
  offer.value = null;
});

/** Ask whether to install it. An offer is good once. */
export function install() {
  offer.value.prompt();
  offer.value = null;
}
