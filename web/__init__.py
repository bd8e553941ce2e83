"""The edge to people: REST, live streams and the page. Here stand the server, with its table of routes, and
the description of the interface.

The folders build on each other, texts first and routes last. Nothing of MQTT or SQL comes in.
"""
