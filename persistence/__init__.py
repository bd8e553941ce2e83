"""What lasts: one SQLite file, one actor that writes it, read-only queries for everybody else."""

from persistence.historian import HistorianActor
from persistence.queries import Queries, last_heard, serials
from persistence.schema import UnusableDatabase, reason_of
from persistence.store import Batch, Saved, Store
from persistence.writer import WriterActor

__all__ = [
    "Batch",
    "HistorianActor",
    "Queries",
    "Saved",
    "Store",
    "UnusableDatabase",
    "WriterActor",
    "last_heard",
    "reason_of",
    "serials",
]
