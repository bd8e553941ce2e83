"""Faults done to the whole system from outside, and an independent checker of what it then has."""
