/**
 * The stream of the whole house, as the server sends it. Each of its parts numbers its events by itself; a place is
 * the last id of every part, with commas between.
 */

/**
 * @typedef {{ hear: (name: string, place: string, data: string) => void, fail: () => void }} Follower
 * `hear` gets each event, "message" where it has no name of its own, with the place after it; `fail` is called once,
 * when no more comes.
 */

const PATH = "/stream/casa";
// Besides those that are named by whoever asks.
const OWN = ["hello", "ping", "resync"];

/** After `place`, once an event of this name and id was heard. What the stream says of itself tells of all parts. */
export function placeAfter(place, name, id) {
  if (!id) return place;
  if (OWN.includes(name)) return id;
  const parts = new Map(place.split(",").map((each) => [each.split("-")[0], each]));
  for (const each of id.split(",")) parts.set(each.split("-")[0], each);
  parts.delete("");
  return [...parts.values()].join(",");
}

/**
 * A connection of one's own, on after `place`, or from now on where that is "". The function returned ends it.
 * @param {string} place
 * @param {string[]} names
 * @param {Follower} follower
 */
export function follow(place, names, { hear, fail }) {
  let now = place;
  const source = new EventSource(place ? `${PATH}?last_event_id=${encodeURIComponent(place)}` : PATH);
  for (const name of [...OWN, ...names]) {
    source.addEventListener(name, (event) => {
      now = placeAfter(now, name, event.lastEventId);
      hear(name, now, event.data);
    });
  }
  // The browser's own trying again gives up for good at the first refusal; who asks again here does not.
  source.onerror = () => {
    source.close();
    fail();
  };
  return () => source.close();
}
