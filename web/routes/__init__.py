"""The routes, a module a subject: each says who may call, what comes in and goes out, and does it.

What two of them need stands in an inner folder. SQL and device state stay outside.
"""
