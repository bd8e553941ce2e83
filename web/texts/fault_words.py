"""What people are told of each fault of a request, in every language that we speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from web.texts.faults import Fault
from web.texts.wording import Wording

FAULTS: Final[Mapping[Fault, Wording]] = {
    Fault.EMPTY_BODY: Wording(
        400, "El cuerpo está vacío; envía un objeto JSON.", "The body is empty; send a JSON object."
    ),
    Fault.BODY_NOT_UTF8: Wording(
        400,
        "El cuerpo no es UTF-8 (byte {byte}); envía JSON en UTF-8.",
        "The body is not UTF-8 (byte {byte}); send JSON in UTF-8.",
    ),
    Fault.BODY_NOT_JSON: Wording(
        400,
        "El cuerpo no es JSON válido (línea {line}, columna {column}); corrígelo.",
        "The body is not valid JSON (line {line}, column {column}); correct it.",
    ),
    Fault.BODY_TOO_COMPLEX: Wording(
        400,
        "El cuerpo tiene un número o un texto que no cabe en JSON de 64 bits, o "
        "demasiados niveles. Simplifícalo.",
        "The body has a number or a text that does not fit JSON of 64 bits, or too many levels. Simplify it.",
    ),
    Fault.BODY_NO_OBJECT: Wording(
        400,
        'El cuerpo no es un objeto JSON; envía algo como {{"nombre":"Lámpara"}}.',
        'The body is not a JSON object; send something like {{"nombre":"Lámpara"}}.',
    ),
    Fault.BODY_TOO_LARGE: Wording(
        413,
        "El cuerpo pasa de {most} bytes; envía uno menor.",
        "The body has more than {most} bytes; send a smaller one.",
    ),
    Fault.NAME_TWICE: Wording(
        400,
        "El campo {name!a:.80} está repetido; envíalo una sola vez.",
        "The field {name!a:.80} is repeated; send it once.",
    ),
    Fault.NO_JSON_NUMBER: Wording(
        400,
        "{given} no existe en JSON; envía un número finito o null.",
        "There is no {given} in JSON; send a finite number or null.",
    ),
    Fault.NUMBER_TOO_LARGE: Wording(
        400,
        "{given:.40} no cabe en un número de 64 bits; envía uno menor.",
        "{given:.40} does not fit a number of 64 bits; send a smaller one.",
    ),
    Fault.INTEGER_TOO_LARGE: Wording(
        400,
        "{path}: el entero no cabe en 64 bits con signo; envía uno menor.",
        "{path}: the integer does not fit 64 bits with a sign; send a smaller one.",
    ),
    Fault.TOO_DEEP: Wording(
        400,
        "{path}: tiene más de {most} niveles; simplifícalo.",
        "{path}: it has more than {most} levels; simplify it.",
    ),
    Fault.NO_CONFIGURATION: Wording(
        400,
        'configuracion no es un objeto; envía algo como {{"modo":"manual"}}.',
        'configuracion is not an object; send something like {{"modo":"manual"}}.',
    ),
    Fault.TOO_MANY_NAMES: Wording(
        400,
        "configuracion tiene más de {most} campos; quita algunos.",
        "configuracion has more than {most} fields; remove some.",
    ),
    Fault.NO_TEXT: Wording(
        400, "{field} no es un texto; envíalo entre comillas.", "{field} is not a text; send it in quotes."
    ),
    Fault.WRONG_LENGTH: Wording(
        400,
        "{field} tiene {length} caracteres; han de ser de {shortest} a {longest}.",
        "{field} has {length} characters; it takes {shortest} to {longest}.",
    ),
    Fault.NO_LINE: Wording(
        400,
        "{field} no es un texto de una línea, de {shortest} a {longest} caracteres; envía uno.",
        "{field} is not a text of one line, of {shortest} to {longest} characters; send one.",
    ),
    Fault.NO_LIST: Wording(
        400,
        "{field} no es una lista de {most} elementos o menos; envía una.",
        "{field} is not a list of {most} elements or less; send one.",
    ),
    Fault.NO_TIME_OF_DAY: Wording(
        400,
        '{field} no es una hora como "07:30"; envía una.',
        '{field} is not a time of day like "07:30"; send one.',
    ),
    Fault.NO_TIME_BETWEEN: Wording(
        400,
        "{field} empieza y acaba a la misma hora; envía dos distintas, o null.",
        "{field} begins and ends at the same time; send two that differ, or null.",
    ),
    Fault.NO_SERVICE: Wording(
        400,
        "url no es la dirección de un servicio que se pueda usar; escríbela como dice Apprise, p. ej. "
        "ntfy://servidor/tema o mailtos://usuario:clave@servidor.",
        "url is not the address of a service that can be used; write it as Apprise says, e.g. "
        "ntfy://server/topic or mailtos://user:password@server.",
    ),
    Fault.NO_BROWSER: Wording(
        400,
        "La suscripción no es de un servicio de avisos conocido, o sus claves no valen; PUSH_SERVICIOS "
        "admite otros.",
        "The subscription is not of a known push service, or its keys are no good; PUSH_SERVICIOS admits "
        "others.",
    ),
    Fault.NO_NAME: Wording(
        400,
        "{field} no es un nombre de 1 a {longest} caracteres, sin saltos de línea ni signos que no se ven; "
        "envía uno.",
        "{field} is not a name of 1 to {longest} characters, without line ends or signs that are not seen; "
        "send one.",
    ),
    Fault.NO_WHOLE_NUMBER: Wording(
        400,
        "{field} no es un número entero de {lowest} a {highest}; envía uno.",
        "{field} is not a whole number from {lowest} to {highest}; send one.",
    ),
    Fault.NO_NUMBER: Wording(
        400,
        "{field} no es un número entre {lowest:g} y {highest:g}.",
        "{field} is no number from {lowest:g} to {highest:g}.",
    ),
    Fault.NO_SWITCH: Wording(
        400,
        "{field} no es true ni false; envía uno de los dos.",
        "{field} is neither true nor false; send one of the two.",
    ),
    Fault.NO_MEMBER: Wording(
        400, "{field} no es uno de {words}; envía uno.", "{field} is none of {words}; send one of them."
    ),
    Fault.SOMETHING_MISSING: Wording(
        400,
        "Falta algo en el cuerpo; envía {ways}.",
        "Something is missing from the body; send {ways}.",
    ),
    Fault.NO_SERIAL: Wording(
        400,
        "{field} no es un texto; envía el número de serie del código QR.",
        "{field} is not a text; send the serial number of the QR code.",
    ),
    Fault.SERIAL_MISSING: Wording(
        400,
        "Falta serial_number; envía el número de serie del código QR.",
        "serial_number is missing; send the serial number of the QR code.",
    ),
    Fault.SERIALS_DIFFER: Wording(
        400,
        "serial_number y serial no coinciden; envía solo serial_number.",
        "serial_number and serial differ; send serial_number alone.",
    ),
    Fault.NO_RECORD: Wording(
        400,
        "{field:.80} ha de ser un objeto con {names}, y nada más.",
        "{field:.80} has to be an object with {names}, and nothing else.",
    ),
    Fault.NO_CHOICE: Wording(
        400,
        "{field:.80} ha de ser un objeto con {editable}, o null para retirar lo decidido.",
        "{field:.80} has to be an object with {editable}, or null to take back what was decided.",
    ),
    Fault.UNKNOWN_NAMES: Wording(
        400,
        "Campos desconocidos: {names:.200}. Se editan {editable}.",
        "Unknown fields: {names:.200}. Those that can be edited are {editable}.",
    ),
    Fault.READ_ONLY: Wording(
        400,
        "No se puede cambiar: {names}. Quita esos campos, o vuelve a leer el dispositivo y envíalos "
        "sin cambios.",
        "These cannot be changed: {names}. Remove them, or read the device again and send them as they are.",
    ),
    Fault.PARAMETER_TWICE: Wording(
        400, "{name} está repetido; envíalo una sola vez.", "{name} is repeated; send it once."
    ),
    Fault.PARAMETER_NO_SERIAL: Wording(
        400,
        "{name}={given:.80} no es un número de serie: 1 a 64 de A-Za-z0-9._:-",
        "{name}={given:.80} is no serial number: 1 to 64 of A-Za-z0-9._:-",
    ),
    Fault.PARAMETER_NO_WORD: Wording(
        400,
        "{name}={given:.40} no existe; usa una de {words}.",
        "There is no {name}={given:.40}; use one of {words}.",
    ),
    Fault.PARAMETER_NO_FLAG: Wording(
        400,
        "{name}={given:.40} no se entiende; usa true o false.",
        "{name}={given:.40} is not understood; use true or false.",
    ),
    Fault.PARAMETER_NO_NUMBER: Wording(
        400,
        "{name}={given:.40} no se entiende; usa un número de 1 a {highest}.",
        "{name}={given:.40} is not understood; use a number from 1 to {highest}.",
    ),
    Fault.PARAMETER_NO_MOMENT: Wording(
        400,
        "{name}={given:.40} no se entiende; usa una hora como 2026-01-31T12:00:00Z, o segundos desde 1970.",
        "{name}={given:.40} is not understood; use a time as 2026-01-31T12:00:00Z, or seconds since 1970.",
    ),
    Fault.PARAMETER_NO_STEP: Wording(
        400,
        "{name}={given:.40} no se entiende; usa segundos, o algo como 5m, 1h o 7d.",
        "{name}={given:.40} is not understood; use seconds, or something like 5m, 1h or 7d.",
    ),
    Fault.OUT_OF_ORDER: Wording(
        400,
        "desde no es anterior a hasta; usa un intervalo que empiece antes de acabar.",
        "desde is not before hasta; use a range that begins before it ends.",
    ),
    Fault.TOO_MANY_POINTS: Wording(
        400,
        "Con ese paso saldrían más de {most} puntos; usa paso={step} o más, o un intervalo menor.",
        "That paso would make more than {most} points; use paso={step} or more, or a shorter range.",
    ),
    Fault.TOO_MANY_ROWS: Wording(
        400,
        "Habría que leer {count} informes; usa paso=1h o más, o un intervalo menor.",
        "{count} reports would have to be read; use paso=1h or more, or a shorter range.",
    ),
    Fault.BAD_PRECONDITION: Wording(
        400,
        "If-Match no se entiende; usa el ETag que se leyó, con sus comillas, o *.",
        "If-Match is not understood; use the ETag that was read, with its quotes, or *.",
    ),
    Fault.UNREADABLE: Wording(
        400, "Corrige la petición: no se entiende.", "Correct the request: it is not understood."
    ),
    Fault.NO_PATH: Wording(
        404,
        "{path:.200} no existe; GET / muestra lo que hay.",
        "There is no {path:.200}; GET / shows what there is.",
    ),
    Fault.NO_METHOD: Wording(405, "Aquí se puede usar {allowed}.", "What can be used here is {allowed}."),
    Fault.NO_DEVICE: Wording(
        404,
        "No hay ningún dispositivo con id {id}; GET /dispositivos los lista.",
        "There is no device with id {id}; GET /dispositivos lists them.",
    ),
    Fault.NO_FINDING: Wording(
        404,
        "No hay ningún evento con id {id}; GET /ai/eventos los lista.",
        "There is no event with id {id}; GET /ai/eventos lists them.",
    ),
    Fault.NO_FILE: Wording(
        404,
        "La página no tiene ningún fichero {name:.200}; empieza en GET /.",
        "The page has no file {name:.200}; begin at GET /.",
    ),
    Fault.NO_ROOT: Wording(
        404,
        "Este servidor no tiene certificado raíz propio; usa el de quien lo dio.",
        "This server has no root certificate of its own; use that of whoever issued it.",
    ),
    Fault.BEING_DECIDED: Wording(
        409,
        "El evento {id} se está decidiendo ahora; mira cómo queda.",
        "Event {id} is being decided on now; look what becomes of it.",
    ),
    Fault.DECIDED: Wording(
        409,
        "El evento {id} ya está {decision}; no hagas nada más.",
        "Event {id} is decided on already ({decision}); there is nothing left to do.",
    ),
    Fault.BACKUP_UNDER_WAY: Wording(
        409,
        "Ya se está haciendo una copia; GET /copias dice cuándo está hecha.",
        "A backup is being made already; GET /copias tells when it is there.",
    ),
    Fault.NO_SESSION: Wording(
        409,
        "Esto no es una sesión; revoca el token con DELETE /tokens/<id>.",
        "This is no session; revoke the token by DELETE /tokens/<id>.",
    ),
    Fault.WRONG_HOST: Wording(
        421,
        "No me llamo así; usa mi dirección o mi nombre (otros nombres, en ALLOWED_HOSTS).",
        "That is not my name; use my address or my name (other names, in ALLOWED_HOSTS).",
    ),
    Fault.NO_TOKEN: Wording(
        401,
        "Hace falta un token: envía Authorization: Bearer, o empareja esta app.",
        "A token is needed: send Authorization: Bearer, or pair this app.",
    ),
    Fault.TOKEN_NEEDED_HERE: Wording(
        401,
        "Aquí hace falta un token, aunque lo demás esté abierto; empareja esta app.",
        "A token is needed here, though the rest is open; pair this app.",
    ),
    Fault.BAD_TOKEN: Wording(
        401,
        "El token no vale, ha caducado o está revocado; empareja otra vez esta app.",
        "The token is invalid, expired or revoked; pair this app again.",
    ),
    Fault.BAD_TICKET: Wording(
        401,
        "El ticket no vale, ha caducado o está revocado; pide otro con POST /auth/ticket.",
        "The ticket is invalid, expired or revoked; ask for another one by POST /auth/ticket.",
    ),
    Fault.BAD_CODE: Wording(
        401,
        "El código no vale o ha caducado; pide otro a un admin.",
        "The code is invalid or expired; ask an admin for another one.",
    ),
    Fault.BAD_LOGIN: Wording(
        401, "El usuario o la clave no es correcto.", "The user or the password is not right."
    ),
    Fault.ROLE_TOO_LOW: Wording(
        403,
        "Hace falta el rol {needed} y el tuyo es {role}.",
        "That takes the role {needed}, and yours is {role}.",
    ),
    Fault.OTHER_SITE: Wording(
        403,
        "La petición viene de una página de otro sitio; hazla desde aquí o con una app.",
        "The request comes from a page of another site; make it from here or by an app.",
    ),
    Fault.NO_ORIGIN: Wording(
        403,
        "Con la sesión del navegador hace falta Origin; usa un token en tu programa.",
        "With the browser's session Origin is needed; use a token in your program.",
    ),
    Fault.BANNED: Wording(
        429,
        "Demasiados intentos fallidos; espera {seconds} s.",
        "Too many failed attempts; wait {seconds} s.",
    ),
    Fault.CONNECTION_CLOSED: Wording(
        400,
        "La conexión se ha cerrado; repite la petición.",
        "The connection has been closed; repeat the request.",
    ),
    Fault.TOO_MANY_STREAMS: Wording(
        503,
        "Hay demasiados clientes conectados, {own} de ellos tuyos; cierra alguno o inténtalo más tarde.",
        "Too many clients are connected, {own} of them yours; close some or try again later.",
    ),
    Fault.TOO_MANY_CONNECTIONS: Wording(
        503,
        "Hay demasiadas conexiones; cierra alguna o inténtalo más tarde.",
        "There are too many connections; close some or try again later.",
    ),
    Fault.TOO_MANY_LOGINS: Wording(
        503,
        "Hay demasiadas entradas a la vez; inténtalo de nuevo en unos segundos.",
        "Too many are logging in at once; try again in some seconds.",
    ),
    Fault.TOO_MANY_EXPORTS: Wording(
        503,
        "Ya se están haciendo {count} exportaciones; espera a que acabe una.",
        "{count} exports are being made already; wait until one is done.",
    ),
    Fault.NO_ACCOUNTS: Wording(
        503, "Este servidor no tiene cuentas de personas.", "This server has no accounts of people."
    ),
    Fault.STOPPING: Wording(
        503,
        "El sistema se está deteniendo; inténtalo de nuevo en un minuto.",
        "The system is stopping; try again in a minute.",
    ),
    Fault.HINDERED: Wording(
        503,
        "Ahora no se puede: {hindrance}. Mira GET /salud, e inténtalo más tarde.",
        "That cannot be done now: {hindrance}. Look at GET /salud, and try again later.",
    ),
    Fault.UNCONFIRMED_AND_HINDERED: Wording(
        503,
        "No se pudo confirmar la orden; mira si se hizo antes de repetirla. Ahora {hindrance}.",
        "The order could not be confirmed; look whether it was carried out before you repeat it. "
        "Now {hindrance}.",
    ),
    Fault.UNCONFIRMED: Wording(
        503,
        "No se pudo confirmar la orden; mira si se hizo antes de repetirla.",
        "The order could not be confirmed; look whether it was carried out before you repeat it.",
    ),
    Fault.NO_REPLY: Wording(
        503, "Nadie responde; inténtalo de nuevo en un minuto.", "Nobody answers; try again in a minute."
    ),
    Fault.TOO_MUCH_TO_DO: Wording(
        503,
        "Hay demasiado que calcular; inténtalo de nuevo en un minuto.",
        "There is too much to work out; try again in a minute.",
    ),
    Fault.NO_DISK: Wording(
        503,
        "El disco no responde; inténtalo de nuevo en un minuto.",
        "The disk does not answer; try again in a minute.",
    ),
    Fault.NOT_SUMMARISED: Wording(
        503,
        "Quedan {count} informes por resumir; inténtalo de nuevo en unos minutos.",
        "{count} reports are not summarised yet; try again in some minutes.",
    ),
    Fault.SPREADSHEET_FAILED: Wording(
        503,
        "No se pudo hacer la hoja de cálculo; mira si queda sitio en el disco, o usa formato=csv.",
        "The spreadsheet could not be made; look whether there is room on the disk, or use formato=csv.",
    ),
    Fault.PAGE_INCOMPLETE: Wording(
        503,
        "La página no está construida: ejecuta «python -m web.page.build» en la carpeta del código fuente, y "
        "arranca de nuevo. Lo demás funciona.",
        "The page is not built: run “python -m web.page.build” in the folder of the source code, and start "
        "again. The rest works.",
    ),
    Fault.BROKEN: Wording(
        500,
        "Algo ha fallado aquí; inténtalo de nuevo más tarde.",
        "Something has failed here; try again later.",
    ),
}
