"""What is answered, as types: whatever makes an answer is checked against them, and they describe it.

Keys are the wire's. An answer may come to have more of them. A route's own may stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NotRequired, TypeAlias, TypedDict

from actors.domain.logbook import Act, Cause
from actors.domain.model import Json, JsonObject
from actors.domain.people import Role, TokenKind
from config import Origin, Written
from web.schemas.json_schema import named
from web.texts.sentences import SENTENCES


@dataclass(frozen=True, eq=False)
class Note:
    """What the description says of a value beside its type."""

    schema: JsonObject


Time: TypeAlias = Annotated[str, Note({"format": "date-time"})]
LocalTime: TypeAlias = Annotated[str, Note({"format": "date-time", "description": "Con la hora de la casa."})]
RoleWord: TypeAlias = Annotated[str, Note({"enum": [role.value for role in Role]})]
KindWord: TypeAlias = Annotated[str, Note({"enum": [kind.value for kind in TokenKind]})]
SeverityWord: TypeAlias = Literal["info", "low", "medium", "high", "critical"]
DecisionWord: TypeAlias = Literal["abierto", "aplicado", "descartado"]


@named("Error")
class ErrorJson(TypedDict):
    error: str
    detalle: Annotated[
        str, Note({"description": "Qué pasa y qué hacer; en inglés si lo pide Accept-Language."})
    ]
    codigo: Annotated[str, Note({"enum": [reason.value for reason in SENTENCES]})]


@named("EventoSSE")
class EventJson(TypedDict):
    """The fields of one event of a stream."""

    event: NotRequired[str]
    data: str
    id: str


@named("Indice")
class IndexJson(TypedDict):
    nombre: str
    version: str
    programa: Annotated[str, Note({"description": "Cómo se llama en la consola de su máquina."})]
    enlaces: list[str]


@named("Hecho")
class DoneJson(TypedDict):
    mensaje: str
    id: int


# -- devices -----------------------------------------------------------------------------------------


@named("Diferencia")
class DifferenceJson(TypedDict):
    deseado: Json
    informado: Json


@named("Control")
class ControlJson(TypedDict):
    forma: Literal["interruptor", "numero", "opcion", "color", "texto"]
    min: NotRequired[float]
    max: NotRequired[float]
    paso: NotRequired[float]
    opciones: NotRequired[Sequence[str]]


class ForeignJson(TypedDict):
    """What a device of another make has beside the others."""

    familia: NotRequired[
        Annotated[str, Note({"description": "El protocolo en que habla; vacío si ya nada lo anuncia."})]
    ]
    firmware: NotRequired[
        Annotated[str, Note({"description": "Qué programa lleva, según su fabricante; vacío si no lo dice."})]
    ]
    unidades: NotRequired[
        Annotated[Mapping[str, str], Note({"description": "De sus medidas, por su nombre."})]
    ]
    ordenes: NotRequired[
        Annotated[
            Mapping[str, ControlJson], Note({"description": "Lo que se le puede pedir, y entre qué valores."})
        ]
    ]
    puede_parar: NotRequired[
        Annotated[bool, Note({"description": "Si lo que mueve puede pararse donde está: /parar."})]
    ]
    notas: NotRequired[
        Annotated[Sequence[str], Note({"description": "Qué no se entiende de lo que dice, y por qué."})]
    ]
    definicion_pendiente: NotRequired[
        Annotated[
            bool,
            Note(
                {"description": "Si sus órdenes irían a otro sitio que cuando se reclamó: ha de aceptarse."}
            ),
        ]
    ]


@named("Alarma")
class AlarmJson(TypedDict):
    """What a reading warns of, and whether it does so now; ``null`` where it says neither."""

    peligro: Literal["fuego", "humo", "co", "gas", "agua", "vidrio", "sabotaje", "bateria", "alarma"]
    activa: bool | None


@named("Dispositivo")
class DeviceJson(ForeignJson):
    """The ten that every client knows, in the contract's order, then those added here."""

    id: int
    serial_number: str
    nombre: str
    tipo: str
    modelo: str
    descripcion: str
    estado: str
    parametros: JsonObject
    configuracion: JsonObject
    reclamado: bool
    en_linea: bool
    visto_en: Time | None
    kind: str
    capability: str
    version: Annotated[int, Note({"description": "De la configuración que han pedido personas."})]
    sincronizado: bool | None
    diferencias: Mapping[str, DifferenceJson]
    lecturas_no_validas: Annotated[
        Sequence[str], Note({"description": "Las medidas que ha enviado por última vez sin un número."})
    ]
    arranque_repetido: Annotated[
        bool, Note({"description": "Si envía el mismo boot en cada arranque; ha de ser otro."})
    ]
    habitacion_id: int | None
    paciencia_s: Annotated[
        int | None,
        Note({"description": "Segundos sin señal que alguien le permite; 0, todos; null, los que la casa."}),
    ]
    alarmas: NotRequired[
        Annotated[
            Mapping[str, AlarmJson], Note({"description": "De las medidas que son alarmas, si tiene alguna."})
        ]
    ]
    edicion: Annotated[str, Note({"description": "El ETag del dispositivo, sin sus comillas."})]


@named("Cambiado")
class StaleJson(ErrorJson):
    dispositivo: Annotated[DeviceJson, Note({"description": "Como está ahora."})]


@named("Habitacion")
class RoomJson(TypedDict):
    id: int
    nombre: str
    dispositivos: Annotated[int, Note({"description": "Cuántos hay en ella."})]


@named("Informe")
class LogJson(TypedDict):
    estado: str
    parametros: JsonObject
    timestamp: Time
    hora_dudosa: NotRequired[Annotated[bool, Note({"description": "true si el reloj no era de fiar."})]]


class PageJson(TypedDict):
    page: int
    per_page: int
    total: int
    pages: int


@named("PaginaDeInformes")
class LogPageJson(PageJson):
    siguiente: Annotated[int | None, Note({"description": "Para antes; null al acabar."})]
    data: Sequence[LogJson]


@named("Punto")
class PointJson(TypedDict):
    inicio: Time
    n: int
    media: float
    min: float
    max: float


@named("Estadisticas")
class StatisticsJson(TypedDict):
    dispositivo_id: int
    metricas: list[str]
    metric: NotRequired[str]
    desde: NotRequired[Time]
    hasta: NotRequired[Time]
    paso: NotRequired[Annotated[int, Note({"description": "Segundos."})]]
    total_n: NotRequired[int]
    data: NotRequired[list[PointJson]]


# -- what the rules find -----------------------------------------------------------------------------


@named("Propuesta")
class ProposalJson(TypedDict):
    """``configuracion`` is merged into the device's where it is applied, as long as what that has under the
    names of ``depende_de`` is as it was."""

    configuracion: JsonObject
    depende_de: list[str]


@named("Evento")
class FindingJson(TypedDict):
    """Beside these stand the event's own fields."""

    event: str
    rule: str
    dispositivo_id: int
    serial_number: str
    severity: SeverityWord
    ts_local: LocalTime
    ts_utc: Time
    evento_id: int
    propuesta: NotRequired[ProposalJson]
    decision: DecisionWord
    episodio: NotRequired[str]
    """With what follows, of what begins, lasts and ends."""
    desde: NotRequired[Time]
    hasta: NotRequired[Time | None]
    """``null`` while it lasts."""
    pico: NotRequired[Json]
    """The worst of what was seen, in the rule's own terms."""
    veces: NotRequired[int]
    actualizado: NotRequired[Time]


@named("PaginaDeEventos")
class FindingPageJson(PageJson):
    data: Sequence[FindingJson]


@named("Visto")
class SeenJson(TypedDict):
    hasta: Annotated[int, Note({"description": "El evento_id más nuevo que uno ha visto; 0, ninguno."})]


@named("Descartados")
class DismissedJson(TypedDict):
    descartados: Sequence[int]
    resto: Annotated[Sequence[int], Note({"description": "Los que no hay, o ya se habían decidido."})]


@named("ValorCambiado")
class ShiftJson(TypedDict):
    antes: Json
    despues: Json


@named("Anotacion")
class DeedJson(TypedDict):
    id: int
    ts: Time
    dispositivo_id: int
    hecho: Annotated[str, Note({"enum": [act.value for act in Act]})]
    origen: Annotated[str, Note({"enum": [cause.value for cause in Cause]})]
    persona_id: Annotated[int | None, Note({"description": "null si no fue nadie con nombre."})]
    nombre: Annotated[str, Note({"description": "Cómo se llamaba entonces la persona, o el programa."})]
    cambios: Annotated[Sequence[str], Note({"examples": [["configuracion.encendido"]]})]
    paso_a: Annotated[
        bool | str | None, Note({"description": "Si se encendió o apagó, o qué dice ahora la lectura."})
    ]
    regla: NotRequired[str]
    """Whose proposal it was."""
    evento_id: NotRequired[int]
    valores: NotRequired[
        Annotated[Mapping[str, ShiftJson], Note({"description": "Solo para quien es admin."})]
    ]


@named("PersonaDelDiario")
class LogbookPersonJson(TypedDict):
    id: int
    nombre: str


@named("Diario")
class LogbookJson(TypedDict):
    data: Sequence[DeedJson]
    siguiente: Annotated[int | None, Note({"description": "Para antes; null al acabar."})]
    personas: Annotated[
        Sequence[LogbookPersonJson], Note({"description": "Las que aparecen en el diario entero."})
    ]


@named("Limite")
class BoundJson(TypedDict):
    """``null`` where there is no bound; as in an ``ai_anomaly``."""

    min: float | None
    max: float | None
    source: Annotated[str, Note({"description": "De quién: person, limits (la tabla) y hist, unidos por +."})]


@named("Intervalo")
class SpanJson(TypedDict):
    """``null`` where there is no bound."""

    min: float | None
    max: float | None


@named("Medida")
class MetricJson(TypedDict):
    naturaleza: Annotated[
        Literal["medida", "contador", "estado", "alarma", "identificador"] | None,
        Note({"description": "null si aún no se sabe."}),
    ]
    naturaleza_de: Annotated[
        Literal["persona", "declarada", "aprendida"] | None,
        Note({"description": "Quién lo dice: declarada es por su nombre o su unidad."}),
    ]
    unidad: str
    silenciada: bool
    persona: SpanJson
    tabla: SpanJson | None
    historia: SpanJson | None


@named("Limites")
class DeviceBoundsJson(TypedDict):
    dispositivo_id: int
    edicion: Annotated[str, Note({"description": "El ETag del dispositivo, sin sus comillas."})]
    data: Annotated[
        Mapping[str, BoundJson], Note({"description": "Los límites que rigen, de las medidas que tienen."})
    ]
    medidas: Annotated[
        Mapping[str, MetricJson], Note({"description": "Qué es cada medida, y los límites de cada fuente."})
    ]


@named("EnCola")
class QueuedJson(TypedDict):
    status: Literal["queued"]


# -- the system --------------------------------------------------------------------------------------


@named("Broker")
class BrokerJson(TypedDict):
    conectado: bool
    integrado_vivo: bool | None
    recibidos: int
    rechazados: int
    sin_confirmar: int
    esperas: int
    mas_antiguo_s: float
    avisos: list[str]


@named("Escritor")
class WriterJson(TypedDict):
    sano: bool
    en_cola: int
    ultimo_error: str | None


@named("Recuperada")
class RecoveredJson(TypedDict):
    en: Time
    motivo: str
    copia: str | None
    apartada: str


@named("BaseDeDatos")
class DatabaseJson(TypedDict):
    ultima_copia: Time | None
    error_de_copia: str | None
    error_de_cuentas: Annotated[str | None, Note({"description": "Por qué no se leen las personas."})]
    resumidos: int
    borrados: int
    hora_dudosa: int
    borrado_en_pausa: str | None
    recuperada: RecoveredJson | None


@named("Hub")
class HubJson(TypedDict):
    clientes: int
    en_cola: int
    eventos: int
    en_anillo: int
    bytes_en_anillo: int


@named("EnCuarentena")
class QuarantinedJson(TypedDict):
    actor: str
    desde: Time
    fallos: int
    error: str


@named("Actores")
class ActorsJson(TypedDict):
    sanos: bool
    en_cola: int
    fallos_de_dispositivo: int
    fallos_de_regla: int
    fallos_internos: int
    en_cuarentena: int
    cuarentena: list[QuarantinedJson]


@named("Cuentas")
class CountsJson(TypedDict):
    total: int
    reclamados: int
    en_linea: int
    arranque_repetido: int
    sin_sitio: Annotated[int, Note({"description": "Mensajes de desconocidos que no cabían."})]
    cedieron: Annotated[int, Note({"description": "Dispositivos sin reclamar que dejaron su sitio a otro."})]
    detalle: Annotated[list[str], Note({"description": "Lo mismo, en palabras."})]


@named("SaludDeLosAvisos")
class NoticesHealthJson(TypedDict):
    """How notifications fare."""

    esperan: int
    enviados: int
    fallidos: Annotated[int, Note({"description": "Intentos que no han salido bien."})]
    abandonados: int
    canales_que_fallan: int
    sin_respuesta: Annotated[int, Note({"description": "De esos, los de un servicio que no contesta."})]
    fallan_desde: Annotated[Time | None, Note({"description": "El que falla desde hace más."})]
    detalle: Annotated[list[str], Note({"description": "Lo que no va, en palabras."})]


class StateJson(TypedDict):
    """What everybody may know."""

    estado: Literal["ok", "degradado"]


@named("ZonaHoraria")
class ZoneJson(TypedDict):
    """The house's time zone."""

    iana: Annotated[str | None, Note({"description": "null si ninguna zona con nombre tiene esa regla."})]
    posix: Annotated[str, Note({"description": "La regla desde hoy, como CET-1CEST,M3.5.0,M10.5.0/3."})]


@named("HoraDelTiempo")
class WeatherHourJson(TypedDict):
    """An hour's weather; `null` is what the provider does not say."""

    desde: Time
    temperatura: Annotated[float | None, Note({"description": "°C."})]
    lluvia_mm: float | None
    rafagas_kmh: float | None
    radiacion_wm2: float | None


@named("Tiempo")
class WeatherJson(TypedDict):
    """The weather that rule 6 goes by."""

    activo: Annotated[bool, Note({"description": "Si se pregunta a alguien."})]
    proveedor: Annotated[str | None, Note({"description": "La máquina a la que se pregunta."})]
    preguntado_en: Time | None
    vigente: Annotated[
        bool, Note({"description": "Si la regla se guía por ello: no más de seis horas viejo."})
    ]
    error: Annotated[str | None, Note({"description": "Por qué no se supo más la última vez."})]
    medidas: Annotated[Mapping[str, float], Note({"description": "Lo que mira la tabla de la regla, ahora."})]
    horas: list[WeatherHourJson]


@named("Salud")
class HealthJson(StateJson):
    broker: NotRequired[BrokerJson]
    escritor: NotRequired[WriterJson]
    base_de_datos: NotRequired[DatabaseJson]
    hub: NotRequired[HubJson]
    actores: NotRequired[ActorsJson]
    dispositivos: NotRequired[CountsJson]
    avisos: NotRequired[NoticesHealthJson]
    tablas: NotRequired[list[str]]
    zona_horaria: NotRequired[ZoneJson]
    reloj_en_duda: NotRequired[str | None]
    version: NotRequired[str]
    activo_s: NotRequired[float]


@named("Ajuste")
class SettingJson(TypedDict):
    nombre: str
    grupo: str
    valor: Annotated[Written | None, Note({"description": "null si es secreto."})]
    por_defecto: Written
    origen: Origin
    secreto: bool
    descripcion: str


@named("Copia")
class BackupJson(TypedDict):
    nombre: str
    creada_en: Time
    bytes: Annotated[int | None, Note({"description": "null mientras se hace."})]


@named("FamiliaDeAccesos")
class LoginFamilyJson(TypedDict):
    familia: str
    titulo: Annotated[str, Note({"description": "Cómo se llama; vacío el de los dispositivos propios."})]
    pasarela: Annotated[bool, Note({"description": "true si habla por muchos aparatos."})]


@named("SitioDelBroker")
class BrokerPlaceJson(TypedDict):
    """Where devices reach the broker."""

    host: str
    puerto: int
    tls: bool
    ajeno: Annotated[bool, Note({"description": "true si es de otro, que hace sus propios accesos."})]
    solo_aqui: Annotated[bool, Note({"description": "true si solo llegan a él los programas de la máquina."})]


@named("Acceso")
class LoginJson(TypedDict):
    nombre: str
    familia: str
    creado_en: Annotated[Time | None, Note({"description": "null si no se sabe."})]


@named("Accesos")
class LoginsJson(TypedDict):
    broker: BrokerPlaceJson
    data: list[LoginJson]


@named("AccesoNuevo")
class NewLoginJson(TypedDict):
    nombre: str
    familia: str
    clave: Annotated[str, Note({"description": "No se vuelve a mostrar."})]
    topic: Annotated[str, Note({"description": "Cómo ha de llamarse en sus topics."})]
    broker: BrokerPlaceJson
    donde: Annotated[
        str, Note({"description": "La página del aparato en que se escribe; vacía en los propios."})
    ]
    texto: Annotated[str, Note({"description": "Lo que hay que escribir."})]


class LetterJson(TypedDict):
    recibido_en: Time
    topic: str
    motivo: str
    bytes: int
    payload: str


@named("Rechazado")
class RejectedJson(LetterJson):
    id: int


@named("PaginaDeRechazados")
class RejectedPageJson(TypedDict):
    per_page: int
    data: list[RejectedJson]


# -- people ------------------------------------------------------------------------------------------


@named("Sesion")
class IssuedJson(TypedDict):
    id: int
    usuario: str
    rol: RoleWord
    caduca_en: Time | None


@named("TokenNuevo")
class SecretJson(IssuedJson):
    token: Annotated[str, Note({"description": "Solo se dice esta vez."})]


@named("Yo")
class MyselfJson(TypedDict):
    usuario: str | None
    rol: RoleWord
    token_id: int | None
    tipo: KindWord | None
    abierto: bool
    zona_horaria: ZoneJson
    etiquetas: Annotated[
        Mapping[str, str],
        Note({"description": "En la demostración, el código en la etiqueta de cada dispositivo simulado."}),
    ]


@named("Ticket")
class TicketJson(TypedDict):
    ticket: str
    caduca_s: int


@named("Persona")
class PersonJson(TypedDict):
    id: int
    nombre: str
    rol: RoleWord
    con_clave: bool
    creado_en: Time


@named("Codigo")
class PairingCodeJson(TypedDict):
    codigo: str
    usuario: str
    rol: RoleWord
    caduca_en: Time
    url: str


@named("Token")
class TokenJson(TypedDict):
    id: int
    usuario_id: int
    usuario: str
    nombre: str
    tipo: KindWord
    creado_en: Time
    usado_en: Time | None
    caduca_en: Time | None
    actual: Annotated[bool, Note({"description": "Si es el de esta petición."})]


@named("Silencio")
class QuietJson(TypedDict):
    desde: str
    hasta: str


@named("Canal")
class ChannelJson(TypedDict):
    id: int
    tipo: str
    nombre: str
    servicio: Annotated[str, Note({"description": "Cómo se llama; su dirección no se vuelve a mostrar."})]
    creado_en: Time


@named("Notificaciones")
class NotificationsJson(TypedDict):
    gravedad: str
    fin: bool
    idioma: str
    habitaciones: list[int] | None
    reglas: list[str] | None
    silencio: QuietJson | None
    resumen: str | None
    canales: list[ChannelJson]
    clave_push: Annotated[str, Note({"description": "Con la que se suscribe un navegador, en base64url."})]


@named("PruebaDeCanal")
class TrialJson(TypedDict):
    enviado: bool
    detalle: str


@named("AvisoEnviado")
class NoticeJson(TypedDict):
    momento: str
    estado: str
    gravedad: str
    titulo: str
    texto: str
    dispositivo_id: int | None
    canal: Annotated[str | None, Note({"description": "Su nombre; null de lo que va en un resumen."})]
    creado_en: Time
    no_antes: Time
    cambiado_en: Time
    intentos: int
    motivo: Annotated[str | None, Note({"description": "Por qué falló el último intento."})]


@named("Acto")
class ActJson(TypedDict):
    id: int
    timestamp: Time
    quien: str
    desde: str
    acto: str
    objeto: str


@named("PaginaDeAuditoria")
class AuditPageJson(TypedDict):
    per_page: int
    data: list[ActJson]
