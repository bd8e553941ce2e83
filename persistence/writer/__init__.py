"""The one connection that writes, and the actor that owns it: many messages, one transaction.

Whoever else wants something written tells the actor, or hands it a small step.
"""
