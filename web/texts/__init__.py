"""What people are told when something goes wrong, in every language that the system speaks.

Codes become sentences here and nowhere else. Nothing comes in that knows a request.
"""
