/** One stream of the server that heals by itself, and says how it is. */
import { signal } from "@preact/signals";

// The server pings every 15 s: who hears nothing for two of those and a little is cut off.
const SILENCE_MS = 35_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Opens `path` and keeps it open. `state` is "opening", "live" or "lost".
 *
 * After a cut it asks for what it has missed, by the id of the last event heard, so that no event is lost or told
 * twice. `afresh()` is called whenever all has to be read anew: at the start, and when the server no longer knows
 * what was missed. `take(event, data)` gets each event, "message" where it has no name of its own. `lost()` is
 * called at each attempt that fails.
 */
export class Live {
  #path;
  #names;
  #afresh;
  #take;
  #whenLost;
  #source = null;
  #last = "";
  #wait = FIRST_WAIT_MS;
  #timer = 0;
  #watch = 0;
  state = signal("opening");
  /** When the server was last heard, in milliseconds since the epoch. */
  heardAt = signal(0);

  constructor(path, names, { afresh, take, lost }) {
    this.#path = path;
    this.#names = names;
    this.#afresh = afresh;
    this.#take = take;
    this.#whenLost = lost;
  }

  open() {
    this.close();
    const since = this.#last ? `?last_event_id=${encodeURIComponent(this.#last)}` : "";
    const source = new EventSource(this.#path + since);
    this.#source = source;
    source.addEventListener("hello", (event) => this.#greeted(event));
    source.addEventListener("ping", (event) => this.#heard(event));
    source.addEventListener("resync", (event) => {
      this.#heard(event);
      this.#afresh();
    });
    for (const name of this.#names) {
      source.addEventListener(name, (event) => {
        this.#heard(event);
        this.#take(name, JSON.parse(event.data));
      });
    }
    source.onerror = () => this.#lost();
    this.#listen();
  }

  close() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    this.#source?.close();
    this.#source = null;
  }

  /** What was to be read anew could not be: begin again as if nothing were known. */
  startOver() {
    this.#last = "";
    this.#lost();
  }

  /** Let go of the connection, of which a browser has six for all its tabs, until `resume`. */
  pause() {
    this.close();
    this.state.value = "opening";
  }

  /** Try at once: the network is back, or the page is looked at again. */
  resume() {
    if (this.state.value !== "live") this.open();
  }

  #greeted(event) {
    const first = this.#last === "";
    this.#wait = FIRST_WAIT_MS;
    this.#heard(event);
    this.state.value = "live";
    if (first) this.#afresh();
  }

  #heard(event) {
    if (event.lastEventId) this.#last = event.lastEventId;
    this.heardAt.value = Date.now();
    this.#listen();
  }

  #listen() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#lost(), SILENCE_MS);
  }

  // The browser's own trying again gives up for good at the first refusal; this one does not.
  #lost() {
    this.close();
    this.state.value = "lost";
    this.#timer = setTimeout(() => this.open(), this.#wait * (0.5 + Math.random() / 2));
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
    this.#whenLost();
  }
}
