"""Which node of several has which devices. Pure, but for the clock that it is given.

No connection, no thread and no actor comes in.
"""
