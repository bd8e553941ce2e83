"""Benchmarks, from outside: real broker, real processes, real sockets. ``python -m tests.bench``."""
