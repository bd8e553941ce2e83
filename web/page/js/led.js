/**
 * Where no worker can be shared one of the windows leads: it runs the switchboard, and holds a lock for as long. The
 * browser gives that to another as soon as the one that leads is closed or killed. One that is out of sight may be
 * frozen, and gives way to whoever is looked at.
 */
import { VERSION } from "./later.js";
import { follow } from "./source.js";
import { Switchboard } from "./switchboard.js";

/** @typedef {{ name?: string | null, place?: string, data?: string, here?: boolean }} Told - as a port tells it */

// One of another version would be spoken to in its own words.
const NAME = `casa.${VERSION}`;

/** Whether this browser has what it takes, which is not so where the page came without encryption. */
export const canBeLed = () => "locks" in navigator && "BroadcastChannel" in globalThis;

/** A window's line to whichever leads, in the shape of a port: what it says goes to that one, and comes from there. */
export class Line {
  /** @type {(event: { data: Told }) => void} */
  onmessage = () => {};
  #channel = new BroadcastChannel(NAME);
  #me = crypto.randomUUID();
  // Whom one has answered is not to be told the same by another, which was frozen and has it still to do.
  #joined = 0;
  #answers = "";
  /** What it joined with, the place moving on as it hears; `null` while it has not. */
  #wants = null;
  /** @type {AbortController | null} */
  #stands = null;
  #office = new Office(this.#me);
  #seen = () => this.#whenSeenOrNot();
  #steal;
  #broken;

  /** `steal` the lock, where the one that has it does not answer; `broken` is called where there is none to be had. */
  constructor(steal, broken) {
    this.#steal = steal;
    this.#broken = broken;
    this.#channel.onmessage = ({ data }) => this.#take(data);
    document.addEventListener("visibilitychange", this.#seen);
  }

  postMessage(message) {
    if (message.say === "join") this.#join(message);
    else if (message.say === "leave") this.#leave();
    else this.#say(message);
  }

  close() {
    document.removeEventListener("visibilitychange", this.#seen);
    this.#leave();
    this.#channel.close();
  }

  #say(message) {
    this.#channel.postMessage({ ...message, from: this.#me, joined: this.#joined, seen: !document.hidden });
  }

  #join(message) {
    this.#wants = message;
    this.#joined += 1;
    this.#answers = "";
    this.#stand();
    this.#say(message);
  }

  #leave() {
    this.#say({ say: "leave" });
    this.#wants = null;
    this.#stands?.abort();
    this.#stands = null;
    this.#office.resign();
  }

  /** Be the one that leads as soon as no other does. */
  #stand() {
    if (this.#stands || this.#office.held) return;
    const stands = new AbortController();
    this.#stands = stands;
    let leads = false;
    // A lock that is stolen is not waited for.
    const how = this.#steal ? { steal: true } : { signal: stands.signal };
    this.#steal = false;
    navigator.locks
      .request(NAME, how, () => {
        if (this.#stands !== stands) return undefined;
        this.#stands = null;
        leads = true;
        return this.#office.hold();
      })
      .catch((error) => {
        if (leads) this.#office.resign();
        if (error.name !== "AbortError") this.#broken();
      });
  }

  #take({ leads, to, joined, by, ...told }) {
    if (leads && this.#wants) {
      this.#join(this.#wants);
      return this.#say({ say: "here" });
    }
    if (to !== this.#me || joined !== this.#joined || !this.#wants) return undefined;
    this.#answers ||= by;
    if (this.#answers !== by) return undefined;
    if (told.name === null) this.#wants = null;
    else if (told.name) this.#wants = { ...this.#wants, since: told.place };
    return this.onmessage({ data: told });
  }

  #whenSeenOrNot() {
    if (document.hidden) this.#office.giveWay();
    else if (this.#wants) this.#stand();
  }
}

/** To lead the windows, this one among them. */
class Office {
  #me;
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** @type {Switchboard | null} */
  #switchboard = null;
  /** @type {(nothing?: undefined) => void} */
  #resigned = () => {};
  // Windows that have joined, and not left.
  #others = new Set();

  constructor(me) {
    this.#me = me;
  }

  get held() {
    return this.#switchboard !== null;
  }

  /** Resolves when it is given up. */
  hold() {
    const term = crypto.randomUUID();
    const channel = new BroadcastChannel(NAME);
    const switchboard = new Switchboard(follow, () => performance.now());
    channel.onmessage = ({ data: { from, joined, seen, ...said } }) => {
      if (!from) return;
      const answer = (told) => channel.postMessage({ ...told, to: from, joined, by: term });
      if (from !== this.#me) this.#others[said.say === "leave" ? "delete" : "add"](from);
      switchboard.obey(from, said, answer);
      if (said.say === "join" && seen && from !== this.#me && document.hidden) this.resign();
    };
    this.#channel = channel;
    this.#switchboard = switchboard;
    channel.postMessage({ leads: true });
    return new Promise((resolve) => {
      this.#resigned = resolve;
    });
  }

  /** Where there is another window that may be looked at. */
  giveWay() {
    if (this.#others.size > 0) this.resign();
  }

  resign() {
    this.#channel?.close();
    this.#channel = null;
    this.#switchboard?.end();
    this.#switchboard = null;
    this.#others.clear();
    this.#resigned();
  }
}
