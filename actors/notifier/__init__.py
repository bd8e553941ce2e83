"""What people are told where they are: whom of a finding, when, and by what service.

Words for people come from outside, as do the secrets of their channels; nothing here reads or writes the
disk.
"""
