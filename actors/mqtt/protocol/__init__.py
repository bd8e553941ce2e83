"""What stands on the wire between devices and the system: topics, payloads, and the client that carries them.

Shared by bridge, broker and simulator. Nothing comes in that knows who listens or which broker it is.
"""
