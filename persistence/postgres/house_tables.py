"""The tables of the house's database, named as in SQLite, step by step as they came to be."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Final

from persistence.postgres.connection import Connection

PART: Final = "casa"
"""By which :func:`persistence.postgres.schema.prepare` knows their version."""

_DEVICES_AND_LOG: Final = (
    "CREATE TABLE sistema (clave text PRIMARY KEY, valor text NOT NULL)",
    # The last number given of each table, which goes back with a transaction that does, as a sequence would
    # not: ids are never used again, and have no gaps.
    "CREATE TABLE secuencias (tabla text PRIMARY KEY, ultimo bigint NOT NULL)",
    """
    INSERT INTO secuencias SELECT unnest(ARRAY[
        'dispositivos', 'rechazados', 'eventos_ia', 'habitaciones', 'ausencias', 'diario'
    ]), 0
    """,
    """
    CREATE TABLE dispositivos (
        id bigint PRIMARY KEY,
        serial_number text NOT NULL UNIQUE,
        nombre text NOT NULL,
        tipo text NOT NULL,
        modelo text NOT NULL,
        descripcion text NOT NULL,
        estado text NOT NULL,
        parametros text NOT NULL,
        configuracion text NOT NULL,
        reclamado boolean NOT NULL,
        en_linea boolean NOT NULL,
        visto_en double precision,
        version bigint NOT NULL,
        registros bigint NOT NULL,
        arranques text NOT NULL,
        informado text NOT NULL,
        pedido text NOT NULL,
        codigo_sha256 text,
        habitacion_id bigint,
        no_validas text NOT NULL,
        ordenes text,
        programado_en double precision,
        limites text NOT NULL,
        paciencia_s bigint,
        ritmo text NOT NULL
    ) WITH (fillfactor = 70)
    """,
    # By time, so that what is old goes at once (persistence/postgres/log_parts.py). What claims to be of a
    # time far from now goes into the rest.
    """
    CREATE TABLE estado_log (
        dispositivo_id bigint NOT NULL,
        n bigint NOT NULL,
        timestamp double precision NOT NULL,
        estado text NOT NULL,
        parametros text NOT NULL,
        boot text,
        seq bigint,
        hora_dudosa boolean NOT NULL,
        PRIMARY KEY (dispositivo_id, n, timestamp)
    ) PARTITION BY RANGE (timestamp)
    """,
    "CREATE TABLE estado_log_resto PARTITION OF estado_log DEFAULT",
    """
    CREATE TABLE rechazados (
        id bigint PRIMARY KEY,
        recibido_en double precision NOT NULL,
        topic text NOT NULL,
        payload bytea NOT NULL,
        motivo text NOT NULL
    )
    """,
)

_CONCLUSIONS: Final = (
    """
    CREATE TABLE eventos_ia (
        id bigint PRIMARY KEY,
        dispositivo_id bigint NOT NULL,
        regla text NOT NULL,
        evento text NOT NULL,
        creado_en double precision NOT NULL,
        datos text NOT NULL,
        base text,
        decision text NOT NULL CHECK (decision IN ('abierto', 'aplicado', 'descartado')),
        episodio text,
        desde double precision,
        hasta double precision,
        veces bigint,
        pico text,
        actualizado_en double precision
    )
    """,
    "CREATE INDEX eventos_ia_por_dispositivo ON eventos_ia (dispositivo_id, id)",
    "CREATE INDEX eventos_ia_por_regla ON eventos_ia (regla, id)",
    "CREATE INDEX eventos_ia_por_ambos ON eventos_ia (dispositivo_id, regla, id)",
    "CREATE INDEX eventos_ia_por_fecha ON eventos_ia (dispositivo_id, creado_en, regla, id)",
    """
    CREATE UNIQUE INDEX eventos_ia_por_episodio ON eventos_ia (dispositivo_id, regla, episodio)
        WHERE episodio IS NOT NULL
    """,
    """
    CREATE INDEX eventos_ia_que_duran ON eventos_ia (dispositivo_id, regla)
        WHERE episodio IS NOT NULL AND hasta IS NULL
    """,
    """
    CREATE TABLE memoria_reglas (
        dispositivo_id bigint NOT NULL,
        regla text NOT NULL,
        hasta bigint NOT NULL,
        estado text NOT NULL,
        guardado_en double precision NOT NULL,
        PRIMARY KEY (dispositivo_id, regla)
    )
    """,
)

_SUMMARY: Final = """
    CREATE TABLE {} (
        metrica_id bigint NOT NULL,
        inicio bigint NOT NULL,
        n bigint NOT NULL,
        suma double precision NOT NULL,
        minimo double precision NOT NULL,
        maximo double precision NOT NULL,
        primero bigint NOT NULL,
        ultimo bigint NOT NULL,
        PRIMARY KEY (metrica_id, inicio)
    )
"""

_SUMMARIES: Final = (
    """
    CREATE TABLE metricas (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        dispositivo_id bigint NOT NULL,
        nombre text NOT NULL,
        UNIQUE (dispositivo_id, nombre)
    )
    """,
    _SUMMARY.format("resumen_horas"),
    _SUMMARY.format("resumen_dias"),
    """
    CREATE TABLE resumidos (
        dispositivo_id bigint PRIMARY KEY,
        n bigint NOT NULL,
        horas_desde bigint NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE energia_horas (
        dispositivo_id bigint NOT NULL,
        inicio bigint NOT NULL,
        kwh double precision NOT NULL,
        PRIMARY KEY (dispositivo_id, inicio)
    )
    """,
    """
    CREATE TABLE contadores (
        dispositivo_id bigint PRIMARY KEY,
        n bigint NOT NULL DEFAULT 0,
        sustituido_tras bigint NOT NULL DEFAULT 0,
        estado text NOT NULL DEFAULT ''
    )
    """,
)

_BELONGINGS: Final = (
    "CREATE TABLE habitaciones (id bigint PRIMARY KEY, nombre text NOT NULL)",
    """
    CREATE TABLE ausencias (
        id bigint PRIMARY KEY,
        desde double precision NOT NULL,
        hasta double precision
    )
    """,
    """
    CREATE TABLE olvidados (
        dispositivo_id bigint PRIMARY KEY,
        serial_number text NOT NULL,
        en_broker boolean NOT NULL DEFAULT true
    )
    """,
    # Groups and keys may be longer than an index has room for.
    """
    CREATE TABLE anuncios (
        orden bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        dialecto text NOT NULL,
        grupo text NOT NULL,
        clave text NOT NULL,
        contenido bytea NOT NULL,
        visto_en double precision NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX anuncios_por_clave ON anuncios (dialecto, md5(grupo), md5(clave))",
)

_PEOPLES: Final = (
    "CREATE TABLE por_avisar (evento_id bigint PRIMARY KEY, cambios bigint NOT NULL)",
    """
    CREATE TABLE avisos (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        momento text NOT NULL,
        sobre bigint NOT NULL,
        persona_id bigint NOT NULL,
        canal_id bigint NOT NULL,
        gravedad text NOT NULL,
        titulo text NOT NULL,
        texto text NOT NULL,
        dispositivo_id bigint,
        creado_en double precision NOT NULL,
        no_antes double precision NOT NULL,
        estado text NOT NULL,
        intentos bigint NOT NULL,
        cambiado_en double precision NOT NULL,
        quiza boolean NOT NULL,
        fallo text,
        dicho text NOT NULL,
        UNIQUE (momento, sobre, persona_id, canal_id)
    )
    """,
    "CREATE INDEX avisos_por_estado ON avisos (estado)",
    "CREATE INDEX avisos_por_persona ON avisos (persona_id)",
    "CREATE INDEX avisos_por_dispositivo ON avisos (dispositivo_id)",
    """
    CREATE TABLE diario (
        id bigint PRIMARY KEY,
        dispositivo_id bigint NOT NULL,
        creado_en double precision NOT NULL,
        hecho text NOT NULL,
        origen text NOT NULL,
        persona_id bigint,
        nombre text NOT NULL,
        regla text NOT NULL,
        evento_id bigint,
        cambios text NOT NULL
    )
    """,
    "CREATE INDEX diario_por_dispositivo ON diario (dispositivo_id, id)",
    "CREATE INDEX diario_por_persona ON diario (persona_id, id) WHERE persona_id IS NOT NULL",
    "CREATE INDEX diario_por_hecho ON diario (hecho, dispositivo_id, id)",
    "CREATE INDEX diario_sin_lecturas ON diario (id) WHERE hecho <> 'lectura'",
    "CREATE TABLE vistos (persona_id bigint PRIMARY KEY, hasta bigint NOT NULL)",
)


def _house(connection: Connection) -> None:
    for statement in (*_DEVICES_AND_LOG, *_CONCLUSIONS, *_SUMMARIES, *_BELONGINGS, *_PEOPLES):
        connection.execute(statement.encode())
    connection.execute("INSERT INTO sistema VALUES ('instancia', %s)", (secrets.token_hex(4),))
    connection.execute("INSERT INTO sistema VALUES ('guardados', '0')")


STEPS: Final[Sequence[Callable[[Connection], None]]] = (_house,)
