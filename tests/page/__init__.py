"""The page in a real browser, against the whole system and real MQTT devices."""
