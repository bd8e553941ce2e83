"""The database as a file and as tables: how it is opened, migrated and checked, and how values become rows.

No actor comes in, and nothing that decides when something is written.
"""
