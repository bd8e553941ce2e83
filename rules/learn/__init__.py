"""Rule 3, ``learn``: what people switch when, as a weekly habit, and the timetable that is suggested from it.

Its demonstrations from prepared files stand beside it. Nothing of another rule comes in.
"""
