"""The tables of the database, step by step as they came to be."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Final

from persistence.database.library import Database

APPLICATION_ID: Final = 0x496F5442  # "IoTB"


def _devices_and_log(db: Database) -> None:
    strict = _strict(db)
    # AUTOINCREMENT, since an id is never to be used again, not even that of a deleted device.
    db.conn.execute(
        f"""
        CREATE TABLE dispositivos (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            serial_number TEXT NOT NULL UNIQUE,
            nombre TEXT NOT NULL,
            tipo TEXT NOT NULL,
            modelo TEXT NOT NULL,
            descripcion TEXT NOT NULL,
            estado TEXT NOT NULL,
            parametros TEXT NOT NULL,
            configuracion TEXT NOT NULL,
            reclamado INTEGER NOT NULL,
            en_linea INTEGER NOT NULL,
            visto_en REAL,
            version INTEGER NOT NULL,
            registros INTEGER NOT NULL,
            arranques TEXT NOT NULL
        ) {strict}
        """
    )
    # Clustered by device and row number, so that a page of the log is one range of the key.
    db.conn.execute(
        f"""
        CREATE TABLE estado_log (
            dispositivo_id INTEGER NOT NULL,
            n INTEGER NOT NULL,
            timestamp REAL NOT NULL,
            estado TEXT NOT NULL,
            parametros TEXT NOT NULL,
            boot TEXT,
            seq INTEGER,
            PRIMARY KEY (dispositivo_id, n)
        ) WITHOUT ROWID{strict and ", " + strict}
        """
    )
    db.conn.execute(f"CREATE TABLE sistema (clave TEXT PRIMARY KEY, valor TEXT NOT NULL) {strict}")
    db.conn.execute("INSERT INTO sistema VALUES ('instancia', ?)", [secrets.token_hex(4)])
    db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _dead_letters(db: Database) -> None:
    db.conn.execute(
        f"""
        CREATE TABLE rechazados (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            recibido_en REAL NOT NULL,
            topic TEXT NOT NULL,
            payload BLOB NOT NULL,
            motivo TEXT NOT NULL
        ) {_strict(db)}
        """
    )


def _findings(db: Database) -> None:
    db.conn.execute(
        f"""
        CREATE TABLE eventos_ia (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            dispositivo_id INTEGER NOT NULL,
            regla TEXT NOT NULL,
            evento TEXT NOT NULL,
            creado_en REAL NOT NULL,
            datos TEXT NOT NULL
        ) {_strict(db)}
        """
    )
    db.conn.execute("CREATE INDEX eventos_ia_por_dispositivo ON eventos_ia (dispositivo_id)")


def _decisions_and_memories(db: Database) -> None:
    strict = _strict(db)
    db.conn.execute("ALTER TABLE eventos_ia ADD COLUMN marca INTEGER NOT NULL DEFAULT 0")
    db.conn.execute(
        """
        ALTER TABLE eventos_ia ADD COLUMN decision TEXT NOT NULL DEFAULT 'abierto'
            CHECK (decision IN ('abierto', 'aplicado', 'descartado'))
        """
    )
    # The key follows in every index, so that each gives its rows in the order of their ids.
    db.conn.execute("CREATE INDEX eventos_ia_por_regla ON eventos_ia (regla)")
    db.conn.execute("CREATE INDEX eventos_ia_por_ambos ON eventos_ia (dispositivo_id, regla)")
    db.conn.execute(
        f"""
        CREATE TABLE memoria_reglas (
            dispositivo_id INTEGER NOT NULL,
            regla TEXT NOT NULL,
            hasta INTEGER NOT NULL,
            estado TEXT NOT NULL,
            guardado_en REAL NOT NULL,
            PRIMARY KEY (dispositivo_id, regla)
        ) WITHOUT ROWID{strict and ", " + strict}
        """
    )


def _desired_and_reported(db: Database) -> None:
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN informado TEXT NOT NULL DEFAULT '{}'")
    # What people have asked for until now cannot be told from what the device has said.
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN pedido TEXT NOT NULL DEFAULT '[]'")


def _summaries(db: Database) -> None:
    strict = _strict(db)
    db.conn.execute(
        f"""
        CREATE TABLE metricas (
            id INTEGER PRIMARY KEY,
            dispositivo_id INTEGER NOT NULL,
            nombre TEXT NOT NULL,
            UNIQUE (dispositivo_id, nombre)
        ) {strict}
        """
    )
    for table in ("resumen_horas", "resumen_dias"):
        db.conn.execute(
            f"""
            CREATE TABLE {table} (
                metrica_id INTEGER NOT NULL,
                inicio INTEGER NOT NULL,
                n INTEGER NOT NULL,
                suma REAL NOT NULL,
                minimo REAL NOT NULL,
                maximo REAL NOT NULL,
                primero INTEGER NOT NULL,
                ultimo INTEGER NOT NULL,
                PRIMARY KEY (metrica_id, inicio)
            ) WITHOUT ROWID{strict and ", " + strict}
            """
        )
    # How far each device's log is rolled up, and from when on its hours are to be read.
    db.conn.execute(
        f"""
        CREATE TABLE resumidos (
            dispositivo_id INTEGER PRIMARY KEY,
            n INTEGER NOT NULL,
            horas_desde INTEGER NOT NULL DEFAULT 0
        ) {strict}
        """
    )


def _claim_codes(db: Database) -> None:
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN codigo_sha256 TEXT")


def _rooms(db: Database) -> None:
    # AUTOINCREMENT, since a device may still name a room that is gone, and must not come to be in a new one.
    db.conn.execute(
        f"""
        CREATE TABLE habitaciones (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            nombre TEXT NOT NULL
        ) {_strict(db)}
        """
    )
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN habitacion_id INTEGER")


def _findings_by_time(db: Database) -> None:
    # With the rule, so that what a chart asks for is counted off in the index alone.
    db.conn.execute("CREATE INDEX eventos_ia_por_fecha ON eventos_ia (dispositivo_id, creado_en, regla)")


def _bases_of_findings(db: Database) -> None:
    # "marca", a checksum of the whole configuration, is read no more: it could not tell what had changed.
    db.conn.execute("ALTER TABLE eventos_ia ADD COLUMN base TEXT")


def _invalid_readings(db: Database) -> None:
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN no_validas TEXT NOT NULL DEFAULT '[]'")


def _removals(db: Database) -> None:
    # What is left of a removed device goes little by little, and the broker may be away: until both are
    # done its row stays here.
    db.conn.execute(
        f"""
        CREATE TABLE olvidados (
            dispositivo_id INTEGER PRIMARY KEY,
            serial_number TEXT NOT NULL,
            en_broker INTEGER NOT NULL DEFAULT 1
        ) {_strict(db)}
        """
    )


def _reception(_db: Database) -> None:
    # Once made the table "recepcion", of which nothing has come.
    pass


def _doubtful_times(db: Database) -> None:
    # Stamped by a clock that was not to be believed, or that was found to have been ahead.
    db.conn.execute("ALTER TABLE estado_log ADD COLUMN hora_dudosa INTEGER NOT NULL DEFAULT 0")


def _no_reception(db: Database) -> None:
    db.conn.execute("DROP TABLE IF EXISTS recepcion")


def _announcements(db: Database) -> None:
    # As they came, since nobody may say them again; definitions of devices are made of them at each start.
    db.conn.execute(
        f"""
        CREATE TABLE anuncios (
            dialecto TEXT NOT NULL,
            grupo TEXT NOT NULL,
            clave TEXT NOT NULL,
            contenido BLOB NOT NULL,
            visto_en REAL NOT NULL,
            PRIMARY KEY (dialecto, grupo, clave)
        ) {_strict(db)}
        """
    )


def _orders(db: Database) -> None:
    # What a device of another make was not told yet, or has not done; NULL of one of our own protocol.
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN ordenes TEXT")


def _scheduled(db: Database) -> None:
    # Until when the server has carried out the schedule of a device that leaves it to the server.
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN programado_en REAL")


def _metric_choices(db: Database) -> None:
    # What people have decided of a device's metrics: bounds, whether it is muted, what it is.
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN limites TEXT NOT NULL DEFAULT '{}'")


def _episodes(db: Database) -> None:
    # NULL in all of them: a finding that is over as soon as it is said, as all were before.
    times = ("desde REAL", "hasta REAL", "actualizado_en REAL")
    for column in ("episodio TEXT", "veces INTEGER", "pico TEXT", *times):
        db.conn.execute(f"ALTER TABLE eventos_ia ADD COLUMN {column}")
    db.conn.execute(
        """
        CREATE UNIQUE INDEX eventos_ia_por_episodio ON eventos_ia (dispositivo_id, regla, episodio)
            WHERE episodio IS NOT NULL
        """
    )
    # Those that last are few, whatever the house has seen.
    db.conn.execute(
        """
        CREATE INDEX eventos_ia_que_duran ON eventos_ia (dispositivo_id, regla)
            WHERE episodio IS NOT NULL AND hasta IS NULL
        """
    )


def _patience(db: Database) -> None:
    # Seconds of silence that people allow the device, and how often it reports, as far as that is learned.
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN paciencia_s INTEGER")
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN ritmo TEXT NOT NULL DEFAULT '[]'")


def _notices(db: Database) -> None:
    # Findings of which it is not decided whom they are told, noted with them, so that a crash loses none.
    db.conn.execute(
        f"""
        CREATE TABLE por_avisar (
            evento_id INTEGER PRIMARY KEY,
            cambios INTEGER NOT NULL
        ) {_strict(db)}
        """
    )
    db.conn.execute(
        f"""
        CREATE TABLE avisos (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            momento TEXT NOT NULL,
            sobre INTEGER NOT NULL,
            persona_id INTEGER NOT NULL,
            canal_id INTEGER NOT NULL,
            gravedad TEXT NOT NULL,
            titulo TEXT NOT NULL,
            texto TEXT NOT NULL,
            dispositivo_id INTEGER,
            creado_en REAL NOT NULL,
            no_antes REAL NOT NULL,
            estado TEXT NOT NULL,
            intentos INTEGER NOT NULL,
            cambiado_en REAL NOT NULL,
            quiza INTEGER NOT NULL,
            fallo TEXT,
            dicho TEXT NOT NULL,
            UNIQUE (momento, sobre, persona_id, canal_id)
        ) {_strict(db)}
        """
    )
    db.conn.execute("CREATE INDEX avisos_por_estado ON avisos (estado)")
    db.conn.execute("CREATE INDEX avisos_por_persona ON avisos (persona_id)")
    db.conn.execute("CREATE INDEX avisos_por_dispositivo ON avisos (dispositivo_id)")


def _absences(db: Database) -> None:
    # When nobody is at home, as people have said it; "hasta" is NULL as long as nobody knows.
    db.conn.execute(
        f"""
        CREATE TABLE ausencias (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            desde REAL NOT NULL,
            hasta REAL
        ) {_strict(db)}
        """
    )


def _energy(db: Database) -> None:
    strict = _strict(db)
    # What each device has used. What was logged before is added in the background, from the first row on.
    db.conn.execute(
        f"""
        CREATE TABLE energia_horas (
            dispositivo_id INTEGER NOT NULL,
            inicio INTEGER NOT NULL,
            kwh REAL NOT NULL,
            PRIMARY KEY (dispositivo_id, inicio)
        ) WITHOUT ROWID{strict and ", " + strict}
        """
    )
    # How far each device's log is added up, after which row it is other hardware, and what its counters said.
    db.conn.execute(
        f"""
        CREATE TABLE contadores (
            dispositivo_id INTEGER PRIMARY KEY,
            n INTEGER NOT NULL DEFAULT 0,
            sustituido_tras INTEGER NOT NULL DEFAULT 0,
            estado TEXT NOT NULL DEFAULT ''
        ) {strict}
        """
    )


def _logbook(db: Database) -> None:
    strict = _strict(db)
    db.conn.execute(
        f"""
        CREATE TABLE diario (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            dispositivo_id INTEGER NOT NULL,
            creado_en REAL NOT NULL,
            hecho TEXT NOT NULL,
            origen TEXT NOT NULL,
            persona_id INTEGER,
            nombre TEXT NOT NULL,
            regla TEXT NOT NULL,
            evento_id INTEGER,
            cambios TEXT NOT NULL
        ) {strict}
        """
    )
    db.conn.execute("CREATE INDEX diario_por_dispositivo ON diario (dispositivo_id)")
    db.conn.execute("CREATE INDEX diario_por_persona ON diario (persona_id) WHERE persona_id IS NOT NULL")
    # Who has switched what until now nobody has written down: of what the log shows it is said that nobody
    # knows. Of each device no more than some days, since a log may have millions of rows.
    db.conn.execute(
        """
        INSERT INTO diario (dispositivo_id, creado_en, hecho, origen, nombre, regla, cambios)
        SELECT dispositivo_id, timestamp, 'informado', 'desconocido', '', '',
            CASE estado WHEN 'activo' THEN '{"configuracion.encendido":[false,true]}'
            ELSE '{"configuracion.encendido":[true,false]}' END
        FROM (
            SELECT l.dispositivo_id, l.n, l.timestamp, l.estado,
                lag(l.estado) OVER (PARTITION BY l.dispositivo_id ORDER BY l.n) AS antes
            FROM dispositivos AS d CROSS JOIN estado_log AS l
            ON l.dispositivo_id = d.id AND l.n > d.registros - 2000
            WHERE d.reclamado
        )
        WHERE estado <> antes AND estado IN ('activo', 'inactivo') AND antes IN ('activo', 'inactivo')
        ORDER BY timestamp, dispositivo_id, n
        """
    )


def _seen(db: Database) -> None:
    # The id of the newest finding that each person has looked at; 0 stands for the house without people.
    db.conn.execute(
        f"CREATE TABLE vistos (persona_id INTEGER PRIMARY KEY, hasta INTEGER NOT NULL) {_strict(db)}"
    )


def _logbook_shares(db: Database) -> None:
    # What each device has in each share of the logbook; and what people did, past all that devices notice.
    db.conn.execute("CREATE INDEX diario_por_hecho ON diario (hecho, dispositivo_id)")
    db.conn.execute("CREATE INDEX diario_sin_lecturas ON diario (id) WHERE hecho <> 'lectura'")
    db.conn.execute(
        """
        CREATE INDEX diario_sin_lecturas_por_dispositivo ON diario (dispositivo_id)
            WHERE hecho <> 'lectura'
        """
    )


STEPS: Final[Sequence[Callable[[Database], None]]] = (
    _devices_and_log,
    _dead_letters,
    _findings,
    _decisions_and_memories,
    _desired_and_reported,
    _summaries,
    _claim_codes,
    _rooms,
    _findings_by_time,
    _bases_of_findings,
    _invalid_readings,
    _removals,
    _reception,
    _doubtful_times,
    _no_reception,
    _announcements,
    _orders,
    _scheduled,
    _metric_choices,
    _episodes,
    _patience,
    _notices,
    _absences,
    _energy,
    _logbook,
    _seen,
    _logbook_shares,
)
"""Step ``n``, counted from 1, makes a database of ``user_version`` n from one of n - 1."""


def _strict(db: Database) -> str:
    return "STRICT" if db.supports_strict else ""
