"""Devices that are not there: appliances, their connections, fleets of them, and the codes to claim them.

They speak to a broker like any device. Nothing comes in of the actors, of persistence or of the web.
"""
