"""The actors: who does things. The folders say what each kind of code may know.

Here stand the vocabulary (``messages``), what actors need from outside (``ports``), the actors of devices and
rules, and devices on the command line. No actor waits; none knows MQTT, HTTP or SQL.
"""
