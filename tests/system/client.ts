// What somebody writes with the types that openapi-typescript makes: `node client.js URL SERIAL` lists, claims,
// switches and reads a log, and prints what it has been answered as a line of JSON.
import type { components, paths } from "./api";

declare const process: { argv: [string, string, string, string] };

type Device = components["schemas"]["Dispositivo"];
type Answer<T> = T extends { responses: { 200: { content: { "application/json": infer Body } } } } ? Body : never;
type Sent<T> = T extends { requestBody: { content: { "application/json": infer Body } } } ? Body : never;
type Devices = paths["/dispositivos"]["get"];
type Claim = paths["/dispositivos/reclamar"]["post"];
type Change = paths["/dispositivos/{id}"]["put"];
type Log = paths["/dispositivos/{id}/logs"]["get"];

const [, , url, serial] = process.argv;

async function ask<T>(method: string, path: string, body?: Sent<T>, headers: Change["parameters"]["header"] = {}) {
  const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) {
    const error: components["schemas"]["Error"] = await response.json();
    throw new Error(`${error.codigo}: ${error.detalle}`);
  }
  return (await response.json()) as Answer<T>;
}

const devices = await ask<Devices>("GET", "/dispositivos?reclamado=false");
const found: Device | undefined = devices.find((each) => each.serial_number === serial);
const night: components["schemas"]["Franja"] = { dias: ["todos"], inicio: "22:30", fin: "06:00" };
const configuracion = { modo: "manual" as const, brillo: [40, { de: "noche" }], horarios: [night] };
const claim: Sent<Claim> = { serial_number: serial, nombre: "Lámpara", configuracion };
const { id } = await ask<Claim>("POST", "/dispositivos/reclamar", claim);
const claimed = await ask<paths["/dispositivos/{id}"]["get"]>("GET", `/dispositivos/${id}`);
const seen = { "If-Match": `"${claimed.edicion}"` };
const on: Device = await ask<Change>("PUT", `/dispositivos/${id}`, { encendido: true }, seen);
const log = await ask<Log>("GET", `/dispositivos/${id}/logs?per_page=1`);
const [newest] = log.data;
console.log(JSON.stringify([found?.id === id, on.nombre, on.configuracion, log.total, newest?.parametros]));
