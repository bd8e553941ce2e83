"""Why nobody can listen somewhere, as it is told."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from actors.runtime.listening import why_closed


def told(error: OSError) -> str:
    return why_closed(error, "BACKEND_HOST", "BACKEND_PORT")


def test_a_port_that_another_program_has() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use") as caught:
        socket.create_server(taken.getsockname())
    assert (
        told(caught.value) == "otro programa ocupa ese puerto; elige otro en BACKEND_PORT (0 toma uno libre)"
    )


def test_an_address_that_is_not_of_this_machine() -> None:
    """203.0.113.0/24 is nobody's; a name that nobody has is as good."""
    with pytest.raises(OSError, match="203") as caught:
        socket.create_server(("203.0.113.9", 0))
    for error in (caught.value, OSError(socket.EAI_NONAME, "Name or service not known")):
        assert told(error) == "esa dirección no es de esta máquina; cambia BACKEND_HOST"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_a_port_that_takes_more_rights(number: int) -> None:
    line = told(OSError(number, os.strerror(number)))
    assert line.endswith("permisos de más; elige otro en BACKEND_PORT")
    assert os.strerror(number) not in line


def test_whatever_else_names_both_settings() -> None:
    assert told(OSError(errno.ENOBUFS, "sin sitio")) == "sin sitio; revisa BACKEND_HOST y BACKEND_PORT"
