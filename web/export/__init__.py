"""Downloads of a device's log and summaries: the tables, CSV, and workbooks made by a child process.

Nothing comes in that other routes need.
"""
