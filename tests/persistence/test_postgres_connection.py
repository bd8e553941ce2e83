"""Connections to PostgreSQL: what every one has, and what goes wrong with them in the house's words."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import trustme

from actors.domain.status import Hindrance
from config import Settings
from persistence.database.schema import hindrance_of
from persistence.engines import engine_of
from persistence.ledgers import ledger_of
from persistence.postgres import faults
from persistence.postgres.connection import LONGEST_NAME, Connection, Server, connect
from persistence.postgres.faults import explaining
from persistence.postgres.ownership import session_of
from persistence.postgres.pool import Pool
from persistence.postgres.schema import prepare
from persistence.postgres.statements import telling_faults
from persistence.storage.faults import StorageFault, UnusableDatabase
from tests.brokers import PATIENCE, free_port, wait_until
from tests.postgres import GUARDED, PostgresServer

pytestmark = pytest.mark.database

HOUSE = Path(__file__).parent.parent.parent


@pytest.fixture
def server(database_url: str) -> Server:
    return Server(database_url, "iot-backend prueba")


@pytest.fixture
def own() -> Iterator[PostgresServer]:
    """One to be killed, stopped and filled."""
    postgres = PostgresServer()
    yield postgres
    postgres.close()


def value(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


# -- what every connection has ---------------------------------------------------------------------


def test_the_server_knows_whose_it_is_and_what_it_may_take(server: Server) -> None:
    """So that a node's sessions can be ended by its name, and nothing waits for ever."""
    with connect(server, 12.5) as connection:
        assert value(connection, "SHOW application_name") == "iot-backend prueba"
        assert value(connection, "SHOW statement_timeout") == "12500ms"
        assert value(connection, "SHOW lock_timeout") == "5s"
        assert value(connection, "SHOW idle_in_transaction_session_timeout") == "30s"
        assert value(connection, "SHOW TimeZone") == "UTC"
        assert value(connection, "SHOW synchronous_commit") == "on"


@pytest.mark.parametrize("node", ["x" * (LONGEST_NAME - 16), "nodo ñ"])
def test_a_node_goes_by_the_name_that_the_server_knows_it_by(server: Server, node: str) -> None:
    """By another one its sessions would be ended as those of a node that is dead."""
    longest = "x" * (LONGEST_NAME - 17)
    with connect(session_of(server, longest)) as connection:
        assert str(value(connection, "SHOW application_name")).endswith(f" {longest}")
    with pytest.raises(ValueError, match="no name"):
        session_of(server, node)


def test_the_server_notices_soon_that_we_are_gone(shared_postgres: PostgresServer) -> None:
    """A session that nobody ends, as the network is gone, would keep the lock of whoever writes."""
    with connect(Server(f"postgresql://iot@127.0.0.1:{shared_postgres.port}/postgres")) as connection:
        told = [value(connection, f"SHOW tcp_keepalives_{name}") for name in ("idle", "interval", "count")]
        assert told == ["5", "2", "3"]
        assert value(connection, "SHOW tcp_user_timeout") == "10000"


def test_the_way_to_another_machine_is_encrypted_unless_it_is_said_otherwise() -> None:
    def mode(url: str) -> object:
        return Server(url).parameters().get("sslmode")

    assert mode("postgresql://iot@db.example/iot") == "require"
    assert mode("postgresql://iot@127.0.0.1,db.example/iot") == "require"
    assert mode("postgresql://iot@db.example/iot?sslmode=verify-full") == "verify-full"
    assert mode("postgresql://iot@db.example/iot?sslmode=disable") == "disable"
    for here in ("127.0.0.1", "[::1]", "localhost", "%2Fvar%2Frun%2Fpostgresql", ""):
        assert mode(f"postgresql://iot@{here}/iot") is None


def test_of_several_hosts_the_one_is_taken_that_may_be_written_to() -> None:
    several = Server("postgresql://iot@uno,dos/iot").parameters()
    assert several["target_session_attrs"] == "read-write"
    assert several["tcp_user_timeout"] == 10_000
    assert "target_session_attrs" not in Server("postgresql://iot@uno/iot").parameters()


def test_it_is_named_without_its_password() -> None:
    assert Server("postgresql://iot:secreto@db.example:5433/casa").where == "casa@db.example:5433"
    assert "secreto" not in Server("postgresql://iot:secreto@db.example:5433/casa").where
    assert "secreto" not in repr(Server("postgresql://iot:secreto@db.example:5433/casa"))


@pytest.mark.parametrize("url", ["iot:secreto%x@db/casa", "iot:secreto@db/casa?clave=secreto"])
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    """In one line, whoever asks for it first; and nothing of it stands in a traceback."""
    settings = Settings(database_url=f"postgresql://{url}")
    for asked in (engine_of, ledger_of):
        with pytest.raises(UnusableDatabase, match="DATABASE_URL") as caught:
            asked(settings)
        assert "secreto" not in str(caught.value)
        assert caught.value.__suppress_context__


# -- what goes wrong -------------------------------------------------------------------------------


def refusal(server: Server, query: str = "SELECT 1") -> UnusableDatabase:
    """One line, in which no password stands."""
    with pytest.raises(UnusableDatabase) as caught, explaining(server.where), connect(server) as connection:
        connection.execute(query.encode())
    assert "\n" not in str(caught.value)
    assert "secreto" not in str(caught.value)
    assert hindrance_of(caught.value) is caught.value.hindrance
    return caught.value


def test_a_server_that_is_not_there() -> None:
    url = f"postgresql://iot:secreto@127.0.0.1:{free_port()}/iot"
    assert refusal(Server(url)).hindrance is Hindrance.UNREACHABLE


def test_a_server_that_does_not_let_us_in(shared_postgres: PostgresServer, server: Server) -> None:
    """For a wrong password, a database or a person that it does not know, and for what is not ours."""
    shared_postgres.execute(f"DROP ROLE IF EXISTS {GUARDED}; CREATE ROLE {GUARDED} LOGIN PASSWORD 'bueno'")
    for url, advice in (
        (shared_postgres.url(user=GUARDED, password="secreto"), "usuario y clave no casan"),
        (shared_postgres.url(user=GUARDED), "usuario y clave no casan"),
        (shared_postgres.url("nada"), "no existe: hazla en su servidor con «createdb"),
        (shared_postgres.url(user="nadie"), "«createuser»"),
    ):
        refused = refusal(Server(url))
        assert refused.hindrance is Hindrance.REFUSED
        assert advice in str(refused)
    with connect(server) as connection:
        connection.execute("CREATE TABLE t (n int)")
    database = server.url.rpartition("@/")[2].partition("?")[0]
    stranger = Server(shared_postgres.url(database, user=GUARDED, password="bueno"))
    assert refusal(stranger, "INSERT INTO t VALUES (1)").hindrance is Hindrance.REFUSED


@pytest.mark.parametrize(
    ("code", "hindrance"),
    [
        ("57P01", Hindrance.UNREACHABLE),
        ("57P03", Hindrance.UNREACHABLE),
        ("08006", Hindrance.UNREACHABLE),
        ("28P01", Hindrance.REFUSED),
        ("25006", Hindrance.READ_ONLY),
        ("53100", Hindrance.NO_SPACE),
        ("53300", Hindrance.BUSY),
        ("58030", Hindrance.FAILING),
        ("XX001", Hindrance.DAMAGED),
        ("40001", Hindrance.BUSY),
        ("40P01", Hindrance.BUSY),
        ("55P03", Hindrance.BUSY),
        ("57014", Hindrance.BUSY),
        ("42P01", Hindrance.ANOTHER),
        ("22012", None),
        ("23505", None),
    ],
)
def test_what_the_server_says_is_told_in_the_house_s_words(
    shared_postgres: PostgresServer, code: str, hindrance: Hindrance | None
) -> None:
    """By a server that says so; what is wrong with the question is nobody's hindrance."""
    server = Server(shared_postgres.url())
    with connect(server) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(f"DO $$ BEGIN RAISE EXCEPTION 'así' USING ERRCODE = '{code}'; END $$".encode())
    assert faults.hindrance_of(caught.value) is hindrance
    told = faults.unusable(server.where, caught.value)
    assert told.hindrance is (hindrance or Hindrance.UNUSABLE)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("no existe la base de datos «nada»", "createdb"),
        ("la autentificación password falló para el usuario «iot»", "no casan"),
        ('Peer authentication failed for user "iot"', "pg_hba.conf"),
        ('no pg_hba.conf entry for host "10.0.0.2", user "iot", database "iot"', "pg_hba.conf"),
        ('permission denied for database "iot"', "permisos"),
        ('database "iot" is not currently accepting connections', "permisos"),
        ("la base n'existe pas", "permisos"),
    ],
)
def test_a_login_is_refused_by_words_alone(said: str, advice: str) -> None:
    """Of which some are known in English and Spanish; what is not gets the advice that fits all."""
    told = faults.unusable("iot@casa", psycopg.OperationalError(f"connection failed: FATAL:  {said}"))
    assert told.hindrance is Hindrance.REFUSED
    assert advice in str(told).partition("(")[0]


@pytest.mark.parametrize(
    ("code", "advice"), [("3D000", "createdb"), ("28P01", "no casan"), ("28000", "pg_hba")]
)
def test_a_refusal_is_told_by_its_code(shared_postgres: PostgresServer, code: str, advice: str) -> None:
    with connect(Server(shared_postgres.url())) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(f"DO $$ BEGIN RAISE EXCEPTION 'así' USING ERRCODE = '{code}'; END $$".encode())
    assert advice in str(faults.unusable("iot@casa", caught.value))


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "No queda sitio"),
        (errno.EROFS, "No se puede escribir"),
        (errno.EACCES, "No se puede escribir"),
        (errno.EIO, "falla"),
        (errno.ENOTDIR, "no se puede usar"),
    ],
)
def test_what_is_wrong_with_the_folder_beside_the_server_is_told(number: int, told: str) -> None:
    """In the house's words, none of the operating system's."""
    engine = engine_of(Settings(database_url="postgresql://iot@casa/iot"))
    line = engine.explained(OSError(number, os.strerror(number)))
    assert told in line
    assert "DATA_DIR" in line
    assert os.strerror(number) not in line


def test_a_statement_that_the_server_fails_is_told(shared_postgres: PostgresServer) -> None:
    """To whoever asks on the console."""
    url = shared_postgres.url()
    with connect(Server(url)) as connection, pytest.raises(StorageFault) as caught, telling_faults():
        connection.execute("DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$")
    assert "libera espacio" in engine_of(Settings(database_url=url)).explained(caught.value)


def test_who_starts_or_is_full_will_let_us_in_soon() -> None:
    for text in ("the database system is starting up", "sorry, too many clients already"):
        assert faults.hindrance_of(psycopg.OperationalError(f"FATAL:  {text}")) is Hindrance.UNREACHABLE


def test_a_disk_that_only_reads(server: Server) -> None:
    """A standby, or a database set so: refused before anything is asked of it."""
    with connect(server) as connection:
        name = value(connection, "SELECT current_database()")
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    assert refusal(server).hindrance is Hindrance.READ_ONLY


def test_whoever_holds_a_lock_does_not_stop_others_for_ever(server: Server) -> None:
    with connect(server) as first, connect(server) as second:
        first.execute("CREATE TABLE t (n int)")
        second.execute("SET lock_timeout = '50ms'")
        with first.transaction():
            first.execute("LOCK TABLE t")
            with pytest.raises(UnusableDatabase) as caught, explaining(server.where):
                second.execute("INSERT INTO t VALUES (1)")
        assert caught.value.hindrance is Hindrance.BUSY
        second.execute("INSERT INTO t VALUES (1)")


def test_a_database_of_another_encoding_is_refused(shared_postgres: PostgresServer) -> None:
    """In which not every name could be written."""
    shared_postgres.execute("CREATE DATABASE latina TEMPLATE template0 ENCODING 'LATIN1'")
    try:
        assert "LATIN1" in str(refusal(Server(shared_postgres.url("latina"))))
    finally:
        shared_postgres.execute("DROP DATABASE latina")


def test_a_certificate_is_looked_at_where_the_url_says_so(tmp_path: Path) -> None:
    """TLS by the URL: the house's own authority is believed, and another one's is not."""
    mine, other = trustme.CA(), trustme.CA()
    issued = mine.issue_cert("127.0.0.1")
    files = {"server.crt": issued.cert_chain_pems[0].bytes(), "server.key": issued.private_key_pem.bytes()}
    postgres = PostgresServer("ssl = on", "listen_addresses = '127.0.0.1'", files=files)
    try:
        for name, authority in (("mine", mine), ("other", other)):
            authority.cert_pem.write_to_path(str(tmp_path / name))
        url = (
            f"postgresql://iot@127.0.0.1:{postgres.port}/postgres?sslmode=verify-full&sslrootcert={tmp_path}/"
        )
        with connect(Server(f"{url}mine")) as connection:
            assert value(connection, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") is True
        assert "certificate verify failed" in str(refusal(Server(f"{url}other")))
    finally:
        postgres.close()


def test_a_server_that_is_killed_and_comes_back(own: PostgresServer) -> None:
    """Whoever is in the middle of something is told at once, and a new connection serves when it is back."""
    server = Server(own.url())
    with connect(server) as connection:
        own.kill()
        with pytest.raises(UnusableDatabase) as caught, explaining(server.where):
            connection.execute("SELECT 1")
        assert caught.value.hindrance is Hindrance.UNREACHABLE
        with pytest.raises(UnusableDatabase) as caught, explaining(server.where):
            connection.execute("SELECT 1")  # on a connection that is closed by now
        assert caught.value.hindrance is Hindrance.UNREACHABLE
    assert refusal(server).hindrance is Hindrance.UNREACHABLE
    own.start()
    with connect(server) as connection:
        assert value(connection, "SELECT 1") == 1


# -- the pool --------------------------------------------------------------------------------------


@pytest.fixture
def pool(server: Server) -> Iterator[Pool]:
    made = Pool(server, most=2, patience=0.05)
    yield made
    made.close()


def backend(pool: Pool) -> object:
    with pool.connection() as connection:
        return value(connection, "SELECT pg_backend_pid()")


def test_a_connection_is_used_again(pool: Pool) -> None:
    assert backend(pool) == backend(pool)


def test_there_are_so_many_and_no_more(pool: Pool) -> None:
    """Who finds none free waits a while, and then is told so."""
    with pool.connection() as one, pool.connection() as two:
        assert value(one, "SELECT pg_backend_pid()") != value(two, "SELECT pg_backend_pid()")
        with pytest.raises(UnusableDatabase) as caught, pool.connection():
            pass
        assert caught.value.hindrance is Hindrance.BUSY
    assert backend(pool)


def test_what_was_left_open_is_undone(pool: Pool) -> None:
    """By whom it was lent to, in a transaction that ended badly or not at all."""
    with pool.connection() as lent:
        lent.execute("CREATE TABLE t (n int)")
    with pool.connection() as lent:
        lent.execute("BEGIN")
        lent.execute("INSERT INTO t VALUES (1)")
    with suppress(ZeroDivisionError), pool.connection() as lent, lent.transaction():
        lent.execute("INSERT INTO t VALUES (1)")
        _ = 1 // 0
    with pool.connection() as lent:
        assert value(lent, "SELECT count(*) FROM t") == 0


def test_one_that_the_server_has_ended_is_not_lent_again(own: PostgresServer) -> None:
    """Nobody is told of a restart that was over before they asked."""
    pool = Pool(Server(own.url()))
    assert backend(pool)
    own.stop()
    own.start()
    assert backend(pool)
    pool.close()


def test_a_fault_is_told_and_leaves_the_pool_whole(pool: Pool, server: Server) -> None:
    for _ in range(5):
        with pytest.raises(UnusableDatabase), pool.connection() as lent:
            lent.execute("SELECT * FROM nada")
    with connect(server) as other:
        ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid = %s"
        with pool.connection() as lent:
            other.execute(ended, (lent.info.backend_pid,))
            with pytest.raises(psycopg.OperationalError) as caught:
                lent.execute("SELECT 1")
    assert faults.hindrance_of(caught.value) is Hindrance.UNREACHABLE
    assert backend(pool)


def test_closed_it_leaves_no_connection(pool: Pool, server: Server) -> None:
    """Neither idle nor lent at that moment."""
    with pool.connection() as lent:
        backend(pool)
        pool.close()
        assert value(lent, "SELECT 1") == 1
    with connect(server) as connection:
        ours = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        wait_until(lambda: value(connection, ours) == 1)


# -- tables and their versions ---------------------------------------------------------------------


def first(connection: Connection) -> None:
    connection.execute("CREATE TABLE cosas (id int PRIMARY KEY)")


def second(connection: Connection) -> None:
    connection.execute("INSERT INTO cosas VALUES (1)")


def cut(connection: Connection) -> None:
    connection.execute("INSERT INTO cosas VALUES (2)")
    raise RuntimeError


def rows(server: Server) -> object:
    with connect(server) as connection:
        return value(connection, "SELECT count(*) FROM cosas")


def test_each_step_is_taken_once(server: Server) -> None:
    prepare(server, "casa", (first,))
    prepare(server, "casa", (first, second))
    prepare(server, "casa", (first, second))
    assert rows(server) == 1


def test_all_steps_or_none(server: Server) -> None:
    """One that fails leaves the version that was there."""
    prepare(server, "casa", (first, second))
    with pytest.raises(RuntimeError):
        prepare(server, "casa", (first, second, cut))
    assert rows(server) == 1
    prepare(server, "casa", (first, second))


def test_nodes_that_start_at_once_take_each_step_once(server: Server) -> None:
    """Four at the same moment, for the first time."""
    together = threading.Barrier(4)

    def start(part: str) -> None:
        together.wait(PATIENCE)
        prepare(server, part, (first, second) if part == "casa" else ())

    with ThreadPoolExecutor(4) as nodes:
        for done in [nodes.submit(start, part) for part in ("casa", "casa", "casa", "personas")]:
            done.result(PATIENCE)
    assert rows(server) == 1


def test_a_newer_database_is_refused_and_stays_as_it_is(server: Server) -> None:
    prepare(server, "casa", (first, second))
    with pytest.raises(UnusableDatabase, match="actualiza el programa"):
        prepare(server, "casa", (first,))
    assert rows(server) == 1


def test_another_program_s_database_is_refused_and_stays_as_it_is(server: Server) -> None:
    with connect(server) as connection:
        connection.execute("CREATE TABLE ajena (n int)")
    with pytest.raises(UnusableDatabase, match="de otra aplicación"):
        prepare(server, "casa", (first,))
    with connect(server) as connection:
        assert value(connection, "SELECT to_regclass('cosas')") is None


def test_who_may_make_no_schema_uses_the_one_that_was_made(
    shared_postgres: PostgresServer, server: Server
) -> None:
    """A careful administrator makes it; where nobody has, one line says that rights are missing."""
    name = server.url.rpartition("@/")[2].partition("?")[0]
    shared_postgres.execute(f"DROP ROLE IF EXISTS {GUARDED}; CREATE ROLE {GUARDED} LOGIN PASSWORD 'bueno'")
    careful = Server(shared_postgres.url(name, GUARDED, "bueno"), schema="propia")
    with pytest.raises(UnusableDatabase) as caught:
        prepare(careful, "casa", (first,))
    assert caught.value.hindrance is Hindrance.REFUSED
    shared_postgres.execute(f"CREATE SCHEMA propia AUTHORIZATION {GUARDED}", name)
    prepare(careful, "casa", (first, second))
    with connect(careful) as connection:
        assert value(connection, "SELECT count(*) FROM propia.cosas") == 1


# -- the server of these tests ---------------------------------------------------------------------


def test_whoever_is_killed_leaves_no_server_behind() -> None:
    """The tests' own: it ends with the process that has started it, folder and all."""
    program = "from tests.postgres import PostgresServer as P; p = P(); print(p.folder, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=HOUSE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        folder = Path(starter.stdout.readline().strip())
        postmaster = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        starter.kill()
        wait_until(lambda: not folder.exists())
        with pytest.raises(ProcessLookupError):
            os.kill(postmaster, signal.SIG_DFL)
