"""The page for browsers: its files as they are served, and the code that reads, compresses and serves them.

The page is a client of the public interface: no knowledge of the house comes in from the server's side.
"""
