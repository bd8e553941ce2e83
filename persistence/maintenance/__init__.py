"""What is done when nobody is waiting: summaries, retention, sweeping, and having backups made.

It reads by itself and has the writer change things in small steps; it holds up nobody.
"""
