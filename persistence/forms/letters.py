"""How much is kept of dead letters."""

from __future__ import annotations

from typing import Final

# What is kept of a dead letter: of its payload in bytes, of its topic and its reason in characters,
# which take up to four bytes each. So at most 73 KiB a letter.
LETTER_PAYLOAD: Final = 65 * 1024
LETTER_TEXT: Final = 1024

# Dead letters kept unless told otherwise: at most 72 MiB.
REJECTED_MAX: Final = 1_000
