"""The edge to devices: what they say and hear over MQTT, from the socket to the directory and back.

It knows the actors by their messages alone. No state of a device comes in, and nothing of HTTP or SQL.
"""
