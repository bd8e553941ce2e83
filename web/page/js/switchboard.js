/**
 * One connection for any number of windows: what each has missed is told from what is kept here, and where that does
 * not reach back far enough it is to read all anew. Knows neither windows nor connections by itself, so that it can
 * be tried without a browser.
 */

/** @import { Follower } from "./source.js" */

// Kept for windows that come later than others: some minutes of a house, a few megabytes at the most.
const KEPT = 2_000;
// Of a window that is open nothing is heard for so long only if it is none any more.
const GONE_MS = 90_000;
// The server pings every 15 s: a connection on which nothing comes for longer is none.
const SILENCE_MS = 32_000;

export class Switchboard {
  #follow;
  #now;
  #end = null;
  #greeted = false;
  #heardAt = 0;
  #names = [];
  /** Where the stream is; "" before the first greeting. */
  #place = "";
  /** The place before the oldest of what is kept. */
  #before = "";
  #kept = [];
  /** @type {Map<object, { tell: Function, since: string | null, heardAt: number }>} */
  #windows = new Map();

  /** `follow(place, names, follower)` opens the connection and returns what ends it; `now()` is in milliseconds. */
  constructor(follow, now) {
    this.#follow = follow;
    this.#now = now;
  }

  /** What a window says by its line; what it is told goes to `answer`, as `{ name, place, data }`, or `{ here }`. */
  obey(window, { say, since, names }, answer) {
    if (say === "join") this.join(window, (name, place, data) => answer({ name, place, data }), since, names);
    else if (say === "leave") this.leave(window);
    else if (say === "forget") this.forget();
    else {
      this.here(window);
      answer({ here: true });
    }
  }

  /** The window wants to hear what has come since `since`; `tell(name, place, data)` tells it, `tell(null)` the end. */
  join(window, tell, since, names) {
    this.#names = names;
    this.#windows.set(window, { tell, since, heardAt: this.#now() });
    if (this.#end && this.#now() - this.#heardAt > SILENCE_MS) this.#drop();
    if (!this.#end) this.#open(since);
    else if (this.#greeted) this.#greet(window);
  }

  /** The window is still there. */
  here(window) {
    const known = this.#windows.get(window);
    if (known) known.heardAt = this.#now();
  }

  /** The window wants to hear no more; the last one ends the connection. */
  leave(window) {
    this.#windows.delete(window);
    if (this.#windows.size === 0) this.#drop();
  }

  /** Whoever signs in next is to be told nothing of what was for this one. */
  forget() {
    this.#place = this.#before = "";
    this.#kept = [];
    this.#fail();
  }

  /** Another switchboard goes on from here: nobody is told. */
  end() {
    this.#windows.clear();
    this.#drop();
  }

  #open(since) {
    this.#heardAt = this.#now();
    this.#greeted = false;
    this.#place ||= since;
    if (this.#kept.length === 0) this.#before = this.#place;
    const end = this.#follow(this.#place, this.#names, {
      hear: (name, place, data) => end === this.#end && this.#hear(name, place, data),
      fail: () => end === this.#end && this.#fail(),
    });
    this.#end = end;
  }

  #hear(name, place, data) {
    this.#heardAt = this.#now();
    for (const [window, { heardAt }] of this.#windows)
      if (this.#heardAt - heardAt > GONE_MS) this.#windows.delete(window);
    if (name === "hello") {
      this.#greeted = true;
      this.#place ||= place;
      this.#before ||= place;
      for (const window of this.#windows.keys()) this.#greet(window);
      if (place !== this.#place) this.#tellAll("ping", place, data);
      return;
    }
    this.#tellAll(name, place, data);
    if (this.#windows.size === 0) this.#drop();
  }

  #tellAll(name, place, data) {
    this.#place = place;
    this.#kept.push({ name, place, data });
    if (this.#kept.length > KEPT) this.#before = this.#kept.shift().place;
    for (const { tell, since } of this.#windows.values()) if (since === null) tell(name, place, data);
  }

  /** From here on the window hears all; what it has missed it hears now. */
  #greet(window) {
    const { tell, since } = this.#windows.get(window);
    if (since === null) return;
    this.#windows.get(window).since = null;
    const next = since === this.#before ? 0 : this.#kept.findIndex(({ place }) => place === since) + 1;
    const knows = since === this.#before || since === this.#place || next > 0;
    tell("hello", since && knows ? since : this.#place, "{}");
    if (!since || since === this.#place) return;
    if (!knows) tell("resync", this.#place, "{}");
    else for (const { name, place, data } of this.#kept.slice(next)) tell(name, place, data);
  }

  #fail() {
    this.#drop();
    const told = [...this.#windows.values()];
    this.#windows.clear();
    for (const { tell } of told) tell(null);
  }

  #drop() {
    this.#end?.();
    this.#end = null;
    this.#greeted = false;
  }
}
