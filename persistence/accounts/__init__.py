"""People, roles and tokens, in a database file of their own, so that restoring readings restores no token.

Nothing about devices comes in.
"""
