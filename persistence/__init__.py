"""What lasts: one SQLite file, one actor that writes it, read-only queries for everybody else."""

from persistence.historian import HistorianActor
from persistence.queries import FindingPage, LogPage, Queries, Rejected, last_heard, serials
from persistence.schema import UnusableDatabase, reason_of
from persistence.store import Batch, Saved, Store
from persistence.writer import WriterActor, WriterStatus

__all__ = [
    "Batch",
    "FindingPage",
    "HistorianActor",
    "LogPage",
    "Queries",
    "Rejected",
    "Saved",
    "Store",
    "UnusableDatabase",
    "WriterActor",
    "WriterStatus",
    "last_heard",
    "reason_of",
    "serials",
]
