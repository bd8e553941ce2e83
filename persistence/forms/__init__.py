"""The form that values have on disk, whatever engine keeps them: as rows, by hours and by days.

Nothing comes in of an engine, and no query but what all of them understand alike.
"""
