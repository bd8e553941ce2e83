"""What all handlers have in common: what they are given, how bodies come in, how errors and answers go out.

No single route comes in.
"""
