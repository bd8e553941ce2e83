/**
 * How the devices are laid out, kept in this browser: a tablet on the wall of the hall has other rooms first than a
 * phone by the bed, and neither is a person. Whoever needs no token is nobody that a server could keep it for.
 */
import { signal } from "@preact/signals";
import { kept } from "../../keep.js";

/** Beyond so many devices cards are compact, unless people have chosen how they are. */
export const MOST_WHOLE = 24;
export const DENSITIES = ["auto", "whole", "compact"];

/** One of DENSITIES. */
export const density = kept("density", "auto");
/** Ids of rooms, in the order that was chosen; others stand after them, by name. */
export const roomOrder = kept("room_order", []);
/** By id of a room, or "none", whether it was opened or closed; others are as it is usual. */
export const opened = kept("rooms_open", {});
/** Ids of devices. */
export const favourites = kept("favourites", []);

export const isFavourite = (id) => favourites.value.includes(id);

/** Have these be favourites, or, `liked` false, no more. */
export function favour(ids, liked) {
  const others = favourites.peek().filter((id) => !ids.includes(id));
  favourites.value = liked ? [...others, ...ids] : others;
}

const narrow = matchMedia("(width < 600px)");
/** Whether the window is as narrow as a phone. */
export const isNarrow = signal(narrow.matches);
narrow.addEventListener("change", () => {
  isNarrow.value = narrow.matches;
});
