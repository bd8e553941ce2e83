"""Script as it goes over the wire: without what only people read, and with every line where it was."""

from __future__ import annotations

import re
from typing import Final

# Only what fills whole lines, as what stands behind code may be within a text; and no notice of a licence.
_COMMENT: Final = re.compile(rb"^[ \t]*(?://.*|/\*(?!!)(?:(?!\*/)[\s\S])*\*/[ \t]*)$", re.MULTILINE)
_INDENTATION: Final = re.compile(rb"^[ \t]+", re.MULTILINE)


def lean(script: bytes) -> bytes:
    """The same script with its comments and indentation gone, a fifth less when it is compressed."""
    bare = _COMMENT.sub(lambda comment: b"\n" * comment[0].count(b"\n"), script)
    return _INDENTATION.sub(b"", bare)
