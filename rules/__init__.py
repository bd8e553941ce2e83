"""What to conclude from what devices say: pure code, one module a rule, its data tables beside it.

A rule is told what happens to one device and answers with findings. It does no I/O, asks nobody for
the time and starts no thread; where a rule remembers, ``state()`` gives its memory as sealed JSON and
``from_state()`` takes it back, or raises :class:`rules.sealed.DamagedState`.
"""
