"""Streams and connections are shared: whoever takes many leaves room for everybody else."""

from __future__ import annotations

import http.client
import socket
from collections import Counter
from typing import Final, cast

from hypothesis import given
from hypothesis import strategies as st
from tornado.iostream import IOStream

from actors.domain.people import Role
from tests.web.keys import Keys, bearer, denied
from tests.web.site import PATIENCE, Listener, Site
from web.app import FEWEST_CONNECTIONS, OTHER_DESCRIPTORS, SPARE_CONNECTIONS
from web.http.services import Limits
from web.security.access import Mode
from web.security.connections import Connections, Standing

SEATS: Final = 8


def ended(stream: Listener) -> bool:
    """Waits for the end; a stream that goes on fails here by its time-out."""
    return all(event.name in ("hello", "ping") for event in stream)


def test_one_person_takes_all_streams_and_others_find_room(keys: Keys) -> None:
    """By however many tokens: each of the others gets one of theirs, the oldest, and keeps it."""
    several = [bearer(keys.issue(Role.READER)) for _ in range(3)]
    with keys.site(limits=Limits(clients=SEATS)) as site:
        taken = [site.listen(headers=several[n % 3]) for n in range(SEATS)]
        refused = site.ask("GET", "/stream/ai", headers=several[0])
        assert denied(refused, 503)
        assert f"{SEATS} de ellos tuyos" in refused.json["detalle"]
        with (
            site.listen(headers=keys.bearer(Role.ADMIN)) as admin,
            site.listen(headers=keys.bearer(Role.MEMBER)) as member,
        ):
            assert admin.next().name == member.next().name == "hello"
            assert ended(taken[0])
            assert ended(taken[1])
            assert denied(site.ask("GET", "/stream/ai", headers=several[1]), 503)
            assert listeners(site, keys) == SEATS
        for stream in taken:
            stream.close()


def listeners(site: Site, keys: Keys) -> int:
    return int(site.ask("GET", "/salud", headers=keys.bearer(Role.ADMIN)).json["hub"]["clientes"])


def test_where_all_have_as_many_nobody_gives_way(keys: Keys) -> None:
    with (
        keys.site(limits=Limits(clients=3)) as site,
        site.listen(headers=keys.bearer(Role.READER)) as one,
        site.listen(headers=keys.bearer(Role.MEMBER)) as two,
        site.listen(headers=keys.bearer(Role.MEMBER)) as three,
    ):
        assert denied(site.ask("GET", "/stream/ai", headers=keys.bearer(Role.READER)), 503)
        assert denied(site.ask("GET", "/stream/ai", headers=keys.bearer(Role.MEMBER)), 503)
        assert [stream.next().name for stream in (one, two, three)] == ["hello"] * 3


def test_who_shows_no_token_shares_by_address(keys: Keys) -> None:
    """An open house: all of this machine's programs are one, and who has a token is another."""
    with keys.site(Mode.OPEN, limits=Limits(clients=4)) as site:
        taken = [site.listen() for _ in range(4)]
        assert site.get("/stream/ai").status == 503
        with site.listen(headers=keys.bearer(Role.READER)) as stream:
            assert stream.next().name == "hello"
        for each in taken:
            each.close()


def test_one_person_takes_all_connections_and_others_find_room(keys: Keys) -> None:
    """A reader keeps as many open as there may be, all with a good token; those of others are kept too."""
    with keys.site(limits=Limits(clients=SEATS)) as site:
        admin = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=PATIENCE)
        assert asked(admin, keys.bearer(Role.ADMIN)) == 200
        port = admin.sock.getsockname()[1]
        stream = site.listen(headers=keys.bearer(Role.ADMIN))
        hoard = [
            http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=PATIENCE)
            for _ in range(2 * (SEATS + SPARE_CONNECTIONS))
        ]
        for connection in hoard:
            assert asked(connection, keys.bearer(Role.READER)) == 200
        assert site.ask("GET", "/dispositivos", headers=keys.bearer(Role.MEMBER)).status == 200
        assert asked(admin, keys.bearer(Role.ADMIN)) == 200
        assert admin.sock.getsockname()[1] == port
        assert stream.next().name == "hello"
        stream.close()
        for connection in (admin, *hoard):
            connection.close()


def asked(connection: http.client.HTTPConnection, headers: dict[str, str]) -> int:
    connection.request("GET", "/dispositivos", headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_streams_leave_connections_to_others_where_there_are_few(keys: Keys) -> None:
    """With as few descriptors as there may be: whoever takes all streams does not take all connections."""
    with keys.site(limits=Limits(descriptors=OTHER_DESCRIPTORS)) as site:
        taken = [site.listen(headers=keys.bearer(Role.READER)) for _ in range(FEWEST_CONNECTIONS // 2)]
        assert denied(site.ask("GET", "/stream/ai", headers=keys.bearer(Role.READER)), 503)
        assert site.ask("GET", "/dispositivos", headers=keys.bearer(Role.ADMIN)).status == 200
        for stream in taken:
            stream.close()


def test_the_silent_give_way_before_who_has_spoken(keys: Keys) -> None:
    """Somebody who looks at the page, without a token yet, while connections that say nothing pour in."""
    with keys.site(limits=Limits(clients=SEATS)) as site:
        visitor = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=PATIENCE)
        visitor.request("GET", "/ca.pem")
        visitor.getresponse().read()
        port = visitor.sock.getsockname()[1]
        silent = [
            socket.create_connection(("127.0.0.1", site.server.port), PATIENCE)
            for _ in range(2 * (SEATS + SPARE_CONNECTIONS))
        ]
        assert silent[0].recv(1) == b""
        visitor.request("GET", "/ca.pem")
        visitor.getresponse().read()
        assert visitor.sock.getsockname()[1] == port
        visitor.close()
        for client in silent:
            client.close()


class Line:
    """Stands for a connection; whether it was closed."""

    def __init__(self, standing: Standing, holder: str) -> None:
        self.standing, self.holder, self.open = standing, holder, True

    def close(self) -> None:
        self.open = False


STEPS = st.lists(
    st.tuples(st.sampled_from(["enter", "heard", "leave"]), st.integers(0, 30), st.sampled_from(Standing)),
    max_size=60,
)


@given(st.integers(1, 6), STEPS)
def test_who_gives_way_is_of_the_lowest_and_of_those_who_have_most(
    most: int, steps: list[tuple[str, int, Standing]]
) -> None:
    """Whatever comes and goes, there are never more, and nobody gives way for whom there was another."""
    connections, lines = Connections(most), list[Line]()
    for what, number, standing in steps:
        known = [line for line in lines if line.open]
        if what == "enter":
            line = Line(Standing.SILENT, f"10.0.0.{number % 3}")
            let_in = connections.enter(cast(IOStream, line), line.holder)
            gone = [each for each in known if not each.open]
            assert len(gone) <= 1
            for each in gone:
                crowds = Counter(other.holder for other in known if other.standing == each.standing)
                assert each.standing == min(other.standing for other in known)
                assert crowds[each.holder] == max(crowds.values())
            assert let_in or all(other.standing is Standing.STREAM for other in known)
            lines += [line] if let_in else []
        elif known:
            line = known[number % len(known)]
            if what == "heard":
                connections.heard(cast(IOStream, line), standing, line.holder)
                line.standing = max(line.standing, standing)
            else:
                connections.leave(cast(IOStream, line))
                line.close()
        assert len(connections) == sum(line.open for line in lines) <= most
