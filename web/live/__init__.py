"""What happens to devices, ready to be read without waiting: event hub, ring of events, device cache.

It is told by actors and read by routes. No connection of a client comes in.
"""
