"""Why nobody can listen somewhere, in words for people."""

from __future__ import annotations

import errno
import socket


def why_closed(error: OSError, host: str, port: str) -> str:
    """What keeps a port from being opened, and what to change: a clause each, in Spanish.

    ``host`` and ``port`` name the settings that say where it would have been.
    """
    match error:
        case OSError(errno=errno.EADDRINUSE):
            return f"otro programa ocupa ese puerto; elige otro en {port} (0 toma uno libre)"
        case OSError(errno=errno.EACCES | errno.EPERM):
            return f"los puertos bajos, hasta el 1023, piden permisos de más; elige otro en {port}"
        case OSError(errno=errno.EADDRNOTAVAIL | errno.EAFNOSUPPORT | socket.EAI_NONAME | socket.EAI_AGAIN):
            return f"esa dirección no es de esta máquina; cambia {host}"
    return f"{error.strerror}; revisa {host} y {port}"
