"""What rules share: their settings, their data tables, and their memory as JSON that shows damage.

Nothing comes in that one rule alone needs.
"""
