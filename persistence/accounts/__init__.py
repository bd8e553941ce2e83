"""People, roles and tokens, in a ledger of their own, so that restoring readings restores no token.

Nothing about devices comes in. The ledger is a file, or whatever implements that protocol.
"""
