/** A server, its connections and some windows round the very switchboard that the page's worker runs. */
import { placeAfter } from "../../web/page/js/source.js";
import { Switchboard } from "../../web/page/js/switchboard.js";

const RINGS = [0, 1, 2];

class Server {
  #epoch = 0;
  #start = 0;
  log = [];
  connection = null;

  constructor() {
    this.restart();
  }

  restart() {
    this.cut();
    this.#epoch += 1;
    this.#start = this.log.length;
    this.counts = RINGS.map(() => 0);
  }

  #id = (ring, number) => `${this.#epoch}e${ring}-${number}`;

  #newest = () => RINGS.map((ring) => this.#id(ring, this.counts[ring])).join(",");

  /** As `follow` of source.js; what it ends is no connection any more. */
  follow(place, _names, follower) {
    const connection = { place, follower, greeted: false };
    this.connection = connection;
    return () => {
      if (this.connection === connection) this.connection = null;
    };
  }

  event(ring) {
    this.counts[ring] += 1;
    const event = { ring, id: this.#id(ring, this.counts[ring]), key: this.log.length };
    this.log.push(event);
    if (this.connection?.greeted) this.#send(event);
  }

  #send({ id, key }) {
    this.#tell("message", id, String(key));
  }

  #tell(name, id, data) {
    const { connection } = this;
    connection.place = placeAfter(connection.place, name, id);
    connection.follower.hear(name, connection.place, data);
  }

  greet() {
    const { connection } = this;
    if (!connection || connection.greeted) return;
    connection.greeted = true;
    const known = new Map(connection.place.split(",").map((each) => each.split("-")));
    const cursors = RINGS.map((ring) => {
      if (connection.place === "") return this.counts[ring];
      const [epoch] = this.#id(ring, 0).split("-");
      return known.has(epoch) ? Number(known.get(epoch)) : -1;
    });
    this.#tell("hello", RINGS.map((ring) => this.#id(ring, Math.max(cursors[ring], 0))).join(","), "{}");
    if (cursors.some((cursor) => cursor < 0)) return this.#tell("resync", this.#newest(), "{}");
    for (const event of this.log.slice(this.#start))
      if (Number(event.id.split("-")[1]) > cursors[event.ring]) this.#send(event);
  }

  ping() {
    if (this.connection?.greeted) this.#tell("ping", this.#newest(), "{}");
  }

  cut() {
    const { connection } = this;
    this.connection = null;
    connection?.follower.fail();
  }
}

class Window {
  place = "";
  joined = false;
  dead = false;
  known = new Set();
  heard = new Set();
  faults = [];

  constructor(server, board) {
    this.server = server;
    this.board = board;
  }

  join() {
    if (this.joined || this.dead) return;
    this.joined = true;
    this.board.join(this, (name, place, data) => this.#hear(name, place, data), this.place, []);
  }

  stray() {
    this.place = "elsewhere-1";
    this.known = new Set();
  }

  leave() {
    if (!this.joined || this.dead) return;
    this.joined = false;
    this.board.leave(this);
  }

  /** All that the server would answer now; what is heard while it does is newer. */
  #readAll() {
    this.known = new Set(this.server.log.map(({ key }) => key));
    this.heard = new Set();
  }

  #hear(name, place, data) {
    if (this.dead) return;
    if (name === null) {
      this.joined = false;
      return;
    }
    if (!this.joined) this.faults.push("told although it has left");
    if ((name === "hello" && this.place === "") || name === "resync") this.#readAll();
    this.place = place;
    if (name !== "message") return;
    const key = Number(data);
    if (this.heard.has(key)) this.faults.push(`heard ${key} twice`);
    this.heard.add(key);
    this.known.add(key);
  }
}

/** `{ missed, faults, most }`: what the windows that are there in the end do not know, what went wrong. */
export function play(steps) {
  const server = new Server();
  let now = 0;
  let most = 0;
  let open = 0;
  const follow = (...given) => {
    open += 1;
    most = Math.max(most, open);
    const end = server.follow(...given);
    let ended = false;
    return () => {
      if (!ended) open -= 1;
      ended = true;
      end();
    };
  };
  const board = new Switchboard(follow, () => now);
  const windows = RINGS.map(() => new Window(server, board));
  for (const [what, which] of steps) {
    const window = windows[which];
    if (what === "join") window.join();
    else if (what === "leave") window.leave();
    else if (what === "die") window.dead = true;
    // It comes from another connection, which is not known here.
    else if (what === "stray" && !window.joined) window.stray();
    // Windows that live say so every 20 s.
    for (let turn = 0; what === "wait" && turn < which; turn += 1) {
      now += 20_000;
      for (const each of windows) if (each.joined && !each.dead) board.here(each);
    }
    if (what === "event") server.event(which);
    else if (what in { greet: 0, ping: 0, cut: 0, restart: 0 }) server[what]();
  }
  const there = windows.filter(({ dead }) => !dead);
  for (const each of there) each.join();
  server.greet();
  // Where a connection that has been silent for long was given up, they come again.
  for (const each of there) each.join();
  server.greet();
  server.ping();
  const missed = there.map(({ known }) => server.log.filter(({ key }) => !known.has(key)).length);
  return { missed, faults: windows.flatMap(({ faults }) => faults), most };
}

/** Whether a window that joins once everything was forgotten hears what was for somebody else. */
export function playForgotten() {
  const server = new Server();
  const board = new Switchboard(
    (...given) => server.follow(...given),
    () => 0,
  );
  const [first, second] = [new Window(server, board), new Window(server, board)];
  first.join();
  server.greet();
  server.event(2);
  board.forget();
  second.join();
  server.greet();
  server.event(2);
  return { first: [...first.heard], second: [...second.heard], joined: first.joined };
}
