"""Data on its way in and out: validators and query parameters, types of answers, serializers, JSON Schema.

The Spanish names of the wire stand here. No handler, no connection and no actor comes in.
"""
