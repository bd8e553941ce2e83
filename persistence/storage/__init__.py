"""What is kept and read, and with what faults, whatever engine does it.

The engines implement these protocols; whoever works with one knows no more of it than stands here.
"""
