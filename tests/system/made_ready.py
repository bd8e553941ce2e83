"""What every forked system would do anew at its start, and for the first page, done once before.

Imported by the process that they are forked from, and by nobody else.
"""

from __future__ import annotations

import asyncio
import gc

import tests.system.forked  # noqa: F401 - and the whole system by it
from web.page.files import shipped


async def _compress() -> None:
    for file in shipped().files.values():
        await file.for_whom("br")


asyncio.run(_compress())
# So that looking for garbage copies none of the memory that they share.
gc.freeze()
