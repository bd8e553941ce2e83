/** Hours of the week with a price of their own, as the server takes them. Pure. */

export const WORKDAYS = ["lunes", "martes", "miercoles", "jueves", "viernes"];
const WEEKEND = ["sabado", "domingo"];
export const DAYS = [...WORKDAYS, ...WEEKEND];

/** @returns {{nombre: string, dias: string[], desde_hora: number, hasta_hora: number, precio: any}} */
export const asRow = (nombre, dias, desde_hora, hasta_hora, precio) => ({
  nombre,
  dias,
  desde_hora,
  hasta_hora,
  precio,
});

/** Those of Spain's regulated tariff, 2.0TD: what is outside of them is "llano". All at `price` at first. */
export const SPANISH = (price) => [
  asRow("Valle", WORKDAYS, 0, 8, price),
  asRow("Valle", WEEKEND, 0, 24, price),
  asRow("Punta", WORKDAYS, 10, 14, price),
  asRow("Punta", WORKDAYS, 18, 22, price),
];
