"""Copies of the database: making and verifying them, and putting one in the place of a damaged database.

Nothing comes in that needs a running writer.
"""
