"""What lasts: one SQLite file, one actor that writes it, read-only queries for everybody else."""

from persistence.queries import KeptFinding, LogPage, Queries, Rejected
from persistence.schema import UnusableDatabase
from persistence.store import Batch, Store
from persistence.writer import WriterActor, WriterStatus

__all__ = [
    "Batch",
    "KeptFinding",
    "LogPage",
    "Queries",
    "Rejected",
    "Store",
    "UnusableDatabase",
    "WriterActor",
    "WriterStatus",
]
