"""What to conclude from what devices say: one file or folder a rule, and the rulebook that has them all.

Pure: no I/O, no clock, no chance. A rule knows the domain and nothing else of the system.
"""
