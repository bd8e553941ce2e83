"""The protocols of other makes, a module a family: what a message means, and how an order is said.

Pure code. Nothing comes in that knows a socket, an actor, the time or the disk, or another family.
"""
