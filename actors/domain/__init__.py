"""What the system is about, as frozen values and pure functions: devices, schedules, findings, rooms, people.

Everything may import this room; it imports nothing of ours.
Nothing comes in that does I/O, waits, or asks the time or chance.
"""
