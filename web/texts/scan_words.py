"""What people are told of a search that came to nothing: in Spanish, since an event of a stream is made
once for all who hear it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.domain.findings import ScanFailure

SCAN_FAILURES: Final[Mapping[ScanFailure, str]] = {
    ScanFailure.TOO_MANY_WAIT: "Hay demasiadas búsquedas en espera; inténtalo más tarde.",
    ScanFailure.FAILED: "La búsqueda ha fallado por un fallo interno; mira el registro del sistema.",
}
