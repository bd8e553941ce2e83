"""What may be read while the writer writes, and the actor that reads the log for those who must not wait.

Nothing in this room changes a row.
"""
