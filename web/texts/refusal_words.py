"""What people are told of each refusal of an actor, in every language that we speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.domain.refusals import Refusal
from actors.domain.schedule import Misfit
from web.texts.wording import Wording

REFUSALS: Final[Mapping[Refusal, Wording]] = {
    Refusal.ALREADY_CLAIMED: Wording(
        409,
        "El dispositivo {serial} ya está reclamado; cámbialo con PUT /dispositivos/{id}.",
        "Device {serial} is claimed already; change it by PUT /dispositivos/{id}.",
    ),
    Refusal.UNPROVEN: Wording(
        404,
        "No se puede reclamar {serial}: aún no ha enviado ningún informe, o el codigo no es el de su QR, o "
        "hubo {tries} intentos fallidos y hay que esperar {minutes} minutos.",
        "{serial} cannot be claimed: it has not sent any report yet, or codigo is not that of its QR, or "
        "there were {tries} failed attempts and you have to wait {minutes} minutes.",
    ),
    Refusal.WINDOW_CLOSED: Wording(
        403,
        "{serial} solo se puede reclamar en los {seconds:.0f} s siguientes a su arranque; apágalo, "
        "enciéndelo e inténtalo de nuevo.",
        "{serial} can only be claimed in the {seconds:.0f} s after its start; switch it off and on and "
        "try again.",
    ),
    Refusal.CONFIGURATION_TOO_LARGE: Wording(
        400,
        "configuracion: pasa de {names} campos o de {bytes} bytes; quita campos.",
        "configuracion: it has more than {names} fields or {bytes} bytes; remove fields.",
    ),
    Refusal.STATE_READ_ONLY: Wording(
        400,
        "No se puede cambiar: estado, salvo en modo horario; en modo manual cambia encendido.",
        "estado cannot be changed but in modo horario; in modo manual change encendido.",
    ),
    Refusal.BOUNDS_CROSSED: Wording(
        400,
        "{metric}: min ({low:g}) ha de ser menor que max ({high:g}).",
        "{metric}: min ({low:g}) has to be less than max ({high:g}).",
    ),
    Refusal.TOO_MANY_CHOICES: Wording(
        400,
        "Se puede decidir sobre {most} medidas de un dispositivo; quita alguna enviando null.",
        "{most} metrics of a device can be decided on; remove one by sending null.",
    ),
    Refusal.STALE: Wording(
        412,
        "Ha cambiado desde que lo leíste; mira cómo está y decide de nuevo.",
        "It has changed since you read it; look how it is and decide again.",
    ),
    Refusal.NOT_CLAIMED: Wording(
        409, "Nadie tiene reclamado el dispositivo {serial}.", "Nobody has claimed device {serial}."
    ),
    Refusal.NOTHING_TO_ACCEPT: Wording(
        409,
        "El dispositivo {serial} no ha cambiado de sitio al que enviarle órdenes: no hay nada que aceptar.",
        "Device {serial} has not changed where its orders go: there is nothing to accept.",
    ),
    Refusal.CANNOT_STOP: Wording(
        409,
        "El dispositivo {serial} no dice cómo se para, o se haría en otro sitio, que hay que aceptar antes: "
        "dale una posicion.",
        "Device {serial} does not say how it is stopped, or where that goes has to be accepted first: set a "
        "posicion.",
    ),
    Refusal.UNREACHED: Wording(
        503,
        "El dispositivo {serial} no oye ahora lo que se le dice; no se le ha parado, ni se le parará luego.",
        "Device {serial} does not hear what it is told now; it was not stopped, and will not be later.",
    ),
    Refusal.SPARE_UNPROVEN: Wording(
        404,
        "{serial} no puede sustituir a otro: enciéndelo primero y espera a que envíe un informe; si ya lo ha "
        "hecho, el codigo no es el de su QR, o hubo {tries} intentos fallidos y hay que esperar {minutes} "
        "minutos.",
        "{serial} cannot replace another one: switch it on first and wait for it to send a report; if it "
        "has, codigo is not that of its QR, or there were {tries} failed attempts and you have to wait "
        "{minutes} minutes.",
    ),
    Refusal.GONE: Wording(
        404,
        "El dispositivo ya no está; GET /dispositivos los lista.",
        "The device is gone; GET /dispositivos lists them.",
    ),
    Refusal.UNKNOWN_SERIAL: Wording(
        404,
        "El dispositivo {serial} no existe: aún no ha enviado ningún informe.",
        "There is no device {serial}: it has not sent any report yet.",
    ),
    Refusal.NO_SUCH_ROOM: Wording(
        404,
        "No hay ninguna habitación con id {id}; GET /habitaciones las lista.",
        "There is no room with id {id}; GET /habitaciones lists them.",
    ),
    Refusal.NO_ROOM_TO_MOVE_TO: Wording(
        400,
        "habitacion_id: no hay ninguna con id {id}; envía una de GET /habitaciones, o null.",
        "habitacion_id: there is none with id {id}; send one of GET /habitaciones, or null.",
    ),
    Refusal.ROOM_NAME_TAKEN: Wording(
        409,
        "Ya hay una habitación {name}, con id {id}; elige otro nombre.",
        "There is a room {name} already, with id {id}; choose another name.",
    ),
    Refusal.TOO_MANY_ROOMS: Wording(
        409,
        "Ya hay {most} habitaciones; borra alguna.",
        "There are {most} rooms already; remove one.",
    ),
    Refusal.NO_SUCH_ABSENCE: Wording(
        404,
        "No hay ninguna ausencia con id {id}; GET /casa/ausencia las lista.",
        "There is no absence with id {id}; GET /casa/ausencia lists them.",
    ),
    Refusal.ABSENCE_ENDS_FIRST: Wording(
        400,
        "hasta no es posterior a desde; envía una vuelta que venga después de la salida, o null.",
        "hasta is not after desde; send a return that comes after the departure, or null.",
    ),
    Refusal.ABSENCES_MEET: Wording(
        409,
        "En ese tiempo ya hay una ausencia, con id {id}; cámbiala o bórrala.",
        "There is an absence at that time already, with id {id}; change or remove it.",
    ),
    Refusal.TOO_MANY_ABSENCES: Wording(
        409,
        "Ya hay {most} ausencias; borra alguna.",
        "There are {most} absences already; remove one.",
    ),
    Refusal.TARIFFS_MEET: Wording(
        400,
        "Dos tarifas empiezan el mismo día; deja una.",
        "Two tariffs begin on the same day; leave one.",
    ),
    Refusal.NOTHING_PROPOSED: Wording(
        409,
        "Este evento de la regla {rule} no propone ningún cambio aplicable; solo se descarta.",
        "This event of the rule {rule} proposes no change that could be made; it can only be dismissed.",
    ),
    Refusal.PROPOSAL_INVALID: Wording(
        409,
        "La propuesta no es válida en configuracion.{path}. Descártala.",
        "The proposal is not valid at configuracion.{path}. Dismiss it.",
    ),
    Refusal.MOVED_ON: Wording(
        409,
        "Ha cambiado desde entonces: {names}. Mira cómo está, o descarta el evento.",
        "It has changed since: {names}. Look how it is, or dismiss the event.",
    ),
    Refusal.FOREIGN_BROKER: Wording(
        409,
        "El bróker es otro ({host}, MQTT_BROKER_URL), y sus accesos se hacen en él. Si es un Mosquitto: "
        "en la consola «mqtt-login --family tasmota NOMBRE», y «mosquitto-config» escribe lo que necesita.",
        "The broker is another one ({host}, MQTT_BROKER_URL), and its logins are made there. If it is a "
        "Mosquitto: at the console “mqtt-login --family tasmota NAME”, and “mosquitto-config” writes what it "
        "needs.",
    ),
    Refusal.UNKNOWN_FAMILY: Wording(
        400,
        "familia: no hay accesos para esa; se espera una de {families}.",
        "familia: there are no logins for that one; one of {families} is expected.",
    ),
    Refusal.LOGIN_UNUSABLE: Wording(
        400,
        "nombre: {user!a:.80} no sirve de usuario MQTT; se esperan de 1 a 64 caracteres de A-Za-z0-9._- que "
        "no sean «backend».",
        "nombre: {user!a:.80} cannot be an MQTT user; 1 to 64 characters of A-Za-z0-9._- other than "
        "“backend” are expected.",
    ),
    Refusal.LOGIN_TOPIC_UNUSABLE: Wording(
        400,
        "topic: {topic!a:.80} no sirve; se espera uno sin comodines, que no empiece como los de este sistema "
        "ni donde otros se anuncian.",
        "topic: {topic!a:.80} cannot be used; one without wildcards is expected, that begins neither as "
        "those of this system do nor where others announce themselves.",
    ),
    Refusal.LOGIN_TAKEN: Wording(
        409,
        "Ya hay un acceso {user}; quítalo antes, o elige otro nombre.",
        "There is a login {user} already; remove it first, or choose another name.",
    ),
    Refusal.NO_SUCH_LOGIN: Wording(404, "No hay ningún acceso {user:.80}.", "There is no login {user:.80}."),
    Refusal.NO_SUCH_CHANNEL: Wording(
        404,
        "No tienes ningún canal con id {id}; GET /notificaciones los lista.",
        "You have no channel with id {id}; GET /notificaciones lists them.",
    ),
    Refusal.BROWSER_NOT_TOLD: Wording(
        404,
        "A este navegador no se le avisa de nada; POST /notificaciones/navegador empieza a hacerlo.",
        "This browser is told of nothing; POST /notificaciones/navegador has it told.",
    ),
    Refusal.TOO_MANY_CHANNELS: Wording(
        409, "Ya tienes {most} canales; borra alguno.", "You have {most} channels already; remove one."
    ),
    Refusal.QUARANTINED: Wording(
        503,
        "Este dispositivo falla una y otra vez y está en cuarentena; se vuelve a probar cada cinco minutos. "
        "Mira /salud y el registro del sistema.",
        "This device fails again and again and is in quarantine; it is tried again every five minutes. "
        "Look at /salud and the system's log.",
    ),
    Refusal.FAILED: Wording(
        503,
        "Fallo interno al tratarlo: {error}. Inténtalo de nuevo.",
        "It failed inside while this was dealt with: {error}. Try again.",
    ),
    Refusal.RULE_FAILED: Wording(
        503,
        "La regla ha fallado y se está reiniciando; inténtalo de nuevo más tarde.",
        "The rule has failed and is being started again; try again later.",
    ),
    Refusal.NOT_STORED: Wording(
        503,
        "No se pudo guardar: {error}. Mira GET /salud, e inténtalo más tarde.",
        "It could not be stored: {error}. Look at GET /salud, and try again later.",
    ),
    Refusal.BACKUP_STOPPING: Wording(
        503,
        "El sistema se está deteniendo; pide la copia de nuevo en un minuto.",
        "The system is stopping; ask for the backup again in a minute.",
    ),
    Refusal.BACKUP_NO_SPACE: Wording(
        503,
        "No hay copia nueva: no queda sitio en el disco. Las demás siguen ahí; libera espacio y "
        "pídela otra vez.",
        "There is no new backup: no space is left on the disk. The others are still there; free some and "
        "ask again.",
    ),
    Refusal.BACKUP_DAMAGED: Wording(
        503,
        "No hay copia nueva: la base de datos está dañada. Vuelve a arrancar, y se restaurará la "
        "última copia.",
        "There is no new backup: the database is damaged. Start again, and the newest backup will be "
        "restored.",
    ),
    Refusal.BACKUP_FAILED: Wording(
        503,
        "No hay copia nueva; error_de_copia en GET /salud dice por qué. Las demás siguen ahí; cuando "
        "esté arreglado, pídela otra vez.",
        "There is no new backup; error_de_copia in GET /salud tells why. The others are still there; ask for "
        "it again when that is mended.",
    ),
    Refusal.BACKUP_ELSEWHERE: Wording(
        409,
        "Esta casa vive en PostgreSQL (DATABASE_URL), y sus copias las hacen las herramientas de PostgreSQL, "
        "como pg_dump.",
        "This home lies on PostgreSQL (DATABASE_URL), and its backups are made by PostgreSQL's own tools, as "
        "pg_dump.",
    ),
    Refusal.NO_SUCH_PERSON: Wording(
        404, "No hay ninguna persona con id {id}.", "There is no person with id {id}."
    ),
    Refusal.NOBODY_NAMED: Wording(
        404, "No hay nadie que se llame {name:.40}.", "There is nobody named {name:.40}."
    ),
    Refusal.NO_SUCH_TOKEN: Wording(
        404,
        "No hay ningún token con id {id} que puedas revocar.",
        "There is no token with id {id} that you could revoke.",
    ),
    Refusal.TOO_MANY_PEOPLE: Wording(
        409, "Ya hay {most} personas; borra a alguna.", "There are {most} people already; remove one."
    ),
    Refusal.NAME_TAKEN: Wording(
        409,
        "Ya hay alguien que se llama {name}; elige otro nombre.",
        "There is somebody named {name} already; choose another name.",
    ),
    Refusal.LAST_ADMIN: Wording(
        409,
        "{name} es el último admin; haz admin antes a otra persona.",
        "{name} is the last admin; make somebody else an admin before.",
    ),
    Refusal.TOO_MANY_TOKENS: Wording(
        409,
        "{name} ya tiene {most} tokens; revoca alguno.",
        "{name} has {most} tokens already; revoke one.",
    ),
}

MISFITS: Final[Mapping[Misfit, Wording]] = {
    misfit: Wording(400, f"configuracion.{{path}}: {spanish}.", f"configuracion.{{path}}: {english}.")
    for misfit, spanish, english in (
        (Misfit.MODE, "{value} no es 'manual' ni 'horario'", "{value} is neither 'manual' nor 'horario'"),
        (Misfit.SWITCH, "{value} no es true ni false", "{value} is neither true nor false"),
        (
            Misfit.INTERVAL,
            "{value} no es un número de segundos mayor que 0",
            "{value} is not a number of seconds above 0",
        ),
        (
            Misfit.NO_SCHEDULE,
            'se espera una lista de {{"dias","inicio","fin"}} o un objeto día → [["HH:MM", valor], …]',
            'a list of {{"dias","inicio","fin"}} is expected, or an object day → [["HH:MM", value], …]',
        ),
        (
            Misfit.NO_WINDOW,
            'se espera {{"dias":[…],"inicio":"HH:MM","fin":"HH:MM"}}',
            '{{"dias":[…],"inicio":"HH:MM","fin":"HH:MM"}} is expected',
        ),
        (
            Misfit.WINDOW_PART_MISSING,
            'falta; se espera {{"dias":[…],"inicio":"HH:MM","fin":"HH:MM"}}',
            'it is missing; {{"dias":[…],"inicio":"HH:MM","fin":"HH:MM"}} is expected',
        ),
        (
            Misfit.NO_DAYS,
            "se espera una lista con al menos un día",
            "a list of at least one day is expected",
        ),
        (
            Misfit.NO_SUN_TIME,
            '{value} no dice qué sigue al sol; se espera {{"inicio":"ocaso+30","fin":"amanecer"}}, '
            "o uno de los dos, con 180 minutos como mucho",
            '{value} does not say what follows the sun; {{"inicio":"ocaso+30","fin":"amanecer"}}, '
            "or one of the two, is expected, with at most 180 minutes",
        ),
        (
            Misfit.NO_EVENTS,
            'se espera un objeto día → [["HH:MM", valor], …]',
            'an object day → [["HH:MM", value], …] is expected',
        ),
        (
            Misfit.NO_EVENT_LIST,
            'se espera ["HH:MM", valor] en una lista',
            '["HH:MM", value] in a list is expected',
        ),
        (Misfit.NO_EVENT, 'se espera ["HH:MM", valor]', '["HH:MM", value] is expected'),
        (Misfit.TIME_TWICE, "{value} está repetida", "{value} is repeated"),
        (
            Misfit.NO_DAY,
            "{value} no es un día de la semana, 'todos' ni 'diario'",
            "{value} is neither a day of the week nor 'todos' nor 'diario'",
        ),
        (Misfit.NO_TIME, "{value} no es una hora HH:MM", "{value} is not a time HH:MM"),
        (Misfit.NO_NUMBER, "{value} no es un número", "{value} is not a number"),
        (
            Misfit.OUT_OF_RANGE,
            "{value} no está entre {low} y {high}",
            "{value} is not between {low} and {high}",
        ),
        (
            Misfit.NO_DURATION,
            "{value} no es una duración de más de 0 y hasta 1440 minutos",
            "{value} is not a duration of more than 0 and up to 1440 minutes",
        ),
        (
            Misfit.NO_SWITCH_WORD,
            "{value} no es true, false, 'on' ni 'off'",
            "{value} is neither true, false, 'on' nor 'off'",
        ),
        (
            Misfit.NO_LOCK_WORD,
            "{value} no es true, false, 'lock' ni 'unlock'",
            "{value} is neither true, false, 'lock' nor 'unlock'",
        ),
        (
            Misfit.NO_MOMENT,
            "{value} no es un momento como 2026-01-31T12:00:00Z",
            "{value} is not a moment as 2026-01-31T12:00:00Z",
        ),
        (Misfit.NO_CHOICE, "{value} no es ninguna de: {words:.300}", "{value} is none of: {words:.300}"),
        (Misfit.NO_COLOR, "{value} no es un color #rrggbb", "{value} is not a color #rrggbb"),
        (
            Misfit.NO_TEXT,
            "{value} no es un texto de hasta 255 caracteres",
            "{value} is not a text of up to 255 characters",
        ),
        (
            Misfit.NO_SUCH_CONTROL,
            "este dispositivo no lo tiene; se le puede pedir: {controls:.300}",
            "this device does not have it; it can be asked for: {controls:.300}",
        ),
    )
}
