/** The stream of the house, which heals by itself and says how it is. */
import { signal } from "@preact/signals";

// The server pings every 15 s: who hears nothing for two of those and a little is cut off.
const SILENCE_MS = 35_000;
// It greets at once: who is not greeted has something in between that keeps the stream back.
const GREETING_MS = 10_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
// What was missed comes in one go, in which the server's time runs by much faster than here.
const GLANCE_MS = 300;
const HASTE = 2;

/**
 * Keeps open what `follow(since, names, follower)` opens, as in source.js. `state` is "live" while what is shown is what is; "lost" without a connection;
 * "opening" until what was not heard is made up for.
 *
 * After a cut it asks for what it has missed, by the place after the last event heard, so that no event is lost or
 * told twice. `afresh()`, a promise, is called whenever all has to be read anew: at the start, when the server no longer
 * knows what was missed, and again when it was rejected. `take(event, data)` gets each event, "message" where it has
 * no name of its own, of which `at(event, data)` says when it was, in milliseconds by the server's clock, NaN where it does
 * not say. `lost()` is called at each attempt that fails.
 */
export class Live {
  #follow;
  #names;
  #afresh;
  #take;
  #at;
  #whenLost;
  #end = null;
  #isOpen = false;
  #last = "";
  #wait = FIRST_WAIT_MS;
  #timer = 0;
  #watch = 0;
  #glance = 0;
  #newest = 0;
  #reading = null;
  #caughtUp = false;
  state = signal("opening");
  /** When what is shown was last what is, in milliseconds since the epoch; 0 before the first time. */
  heardAt = signal(0);

  constructor(follow, names, { afresh, take, at, lost }) {
    this.#follow = follow;
    this.#names = names;
    this.#afresh = afresh;
    this.#take = take;
    this.#at = at;
    this.#whenLost = lost;
  }

  open() {
    this.close();
    this.#end = this.#follow(this.#last, this.#names, {
      hear: (name, place, data) => this.#hear(name, place, data),
      fail: () => this.#lost(),
    });
    this.#listen(GREETING_MS);
  }

  #hear(name, place, data) {
    if (name === "hello") return this.#greeted(place);
    this.#heard(place);
    if (name === "resync") return this.#readAnew();
    if (name === "ping") return undefined;
    const told = JSON.parse(data);
    this.#newest = Math.max(this.#newest, this.#at(name, told) || 0);
    return this.#take(name, told);
  }

  close() {
    for (const each of [this.#timer, this.#watch, this.#glance]) clearTimeout(each);
    this.#end?.();
    this.#end = null;
    this.#isOpen = false;
    this.#caughtUp = false;
  }

  /** Let go of the connection until `resume`. */
  pause() {
    this.close();
    this.state.value = "opening";
  }

  /** Try at once: the network is back, or the page is looked at again. */
  resume() {
    if (!this.#isOpen) this.open();
  }

  /** Whoever looks from now on is somebody else: as if nothing were known. */
  forget() {
    this.pause();
    this.#last = "";
  }

  #greeted(place) {
    const first = this.#last === "";
    this.#wait = FIRST_WAIT_MS;
    this.#isOpen = true;
    this.#heard(place);
    if (first) this.#readAnew();
    else this.#catchUp();
  }

  /** What is missed needs no making up for, as all is read: that may outlast the connection. */
  async #readAnew() {
    clearTimeout(this.#glance);
    this.#caughtUp = true;
    this.state.value = "opening";
    const reading = this.#afresh();
    this.#reading = reading;
    const done = await reading.then(
      () => true,
      () => false,
    );
    if (reading !== this.#reading) return;
    this.#reading = null;
    if (done) this.#compare();
    else this.#startOver();
  }

  /** As if nothing were known. */
  #startOver() {
    this.#last = "";
    if (this.#end) this.#lost();
  }

  #catchUp() {
    const [before, begun] = [this.#newest, performance.now()];
    this.#glance = setTimeout(() => {
      if (this.#newest - before > HASTE * (performance.now() - begun)) return this.#catchUp();
      this.#caughtUp = true;
      this.#compare();
    }, GLANCE_MS);
  }

  #compare() {
    if (!this.#caughtUp || this.#reading) return;
    this.heardAt.value = Date.now();
    this.state.value = "live";
  }

  #heard(place) {
    this.#last = place;
    if (this.state.peek() === "live") this.heardAt.value = Date.now();
    this.#listen(SILENCE_MS);
  }

  #listen(patience) {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#lost(), patience);
  }

  #lost() {
    this.close();
    this.state.value = "lost";
    this.#timer = setTimeout(() => this.open(), this.#wait * (0.5 + Math.random() / 2));
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
    this.#whenLost();
  }
}
