/** Making a device the house's, and what keeps it from being that. */
import { signal } from "@preact/signals";
import { ApiError, post, put } from "../../api.js";
import { readRooms, rooms, take } from "../../house.js";
import { t } from "../../words.js";
import { heard, untilHeard } from "./heard.js";

/** What the last code said, as the body of a claim; it holds a secret, and so is not in the address. */
export const scanned = signal(null);

/**
 * The device's id, once it is claimed. One that has not been heard yet is waited for after a call of `unheard()`; if
 * `stop`, an AbortSignal, comes before, `null`. Throws ApiError; 409 where it is claimed already.
 */
export async function claim(body, { unheard, stop }) {
  if (!heard(body.serial_number)) {
    unheard();
    if (!(await untilHeard(body.serial_number, stop))) return null;
  }
  try {
    return (await post("/dispositivos/reclamar", body)).id;
  } catch (error) {
    throw inPlainWords(error, body);
  }
}

// The server says the same 404 of a wrong code and of a device that it does not know; but this one it does.
function inPlainWords(error, body) {
  if (error.status === 404) return new ApiError(404, "", aboutCode(body.codigo));
  if (error.status === 403) return new ApiError(403, "", t("claim.closed"));
  return error;
}

function aboutCode(code) {
  return t(code ? "claim.wrong_code" : "claim.needs_code");
}

/** Put the device with this id into `room`: `{ id }`, or `{ name }` for one that is made if there is none yet. */
export async function putIn(id, room) {
  const habitacion_id = room.id ?? (await roomNamed(room.name));
  take(await put(`/dispositivos/${id}`, { habitacion_id }));
}

async function roomNamed(name) {
  const there = rooms.value.find(({ nombre }) => nombre.toLowerCase() === name.toLowerCase());
  if (there) return there.id;
  const { id } = await post("/habitaciones", { nombre: name });
  await readRooms();
  return id;
}
