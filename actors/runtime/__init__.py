"""What actors run on: dispatcher and supervision, clock and time zone, event loop, log format, process.

Everything may import this room. Nothing comes in that knows what a device is.
"""
