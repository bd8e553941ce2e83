"""The page for browsers: its files as they are served, and the code that reads, compresses and serves them.

The page is a client of the public interface: what it knows of a house it has asked for, as any program may.
Only what kinds of devices, readings and rules there are comes in its document (``vocabulary``).
"""
