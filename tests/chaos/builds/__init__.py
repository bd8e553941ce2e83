"""Builds of the system with a fault in them, each a script that takes the system's command line."""
