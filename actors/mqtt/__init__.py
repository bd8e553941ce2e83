"""The edge to the devices: what they say and hear over MQTT."""
