"""PostgreSQL in SQLite's place: connections, what goes wrong with them, tables and their versions.

``psycopg`` stands in this room alone, and nothing of it is loaded where no database server is set.
"""
