"""Brokers in our care: the embedded one and its process, and what Mosquitto needs: credentials, ACL,
configuration.

It knows topics and logins. No report is read here, and no actor is told anything.
"""
