"""Topics and topic filters as MQTT has them: pure, for whoever reads, writes or compares them.

Nothing comes in that knows what is published there.
"""
