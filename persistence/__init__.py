"""What lasts. ``archive`` puts the parts together: who writes, who reads, who looks after the files.

SQL stands in this room alone. Nothing comes in of MQTT, of HTTP, or of how a device behaves,
but for the home of the demonstration, whose devices are simulated.
"""
