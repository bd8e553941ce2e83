"""Home Assistant's MQTT discovery: what ESPHome, gateways and scripts announce, and its templates.

Pure code, as all dialects are. jinja2 reads templates here and never renders one.
"""
