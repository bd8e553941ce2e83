"""Rule 1, ``extremos``: a reading beyond what its kind of device, or its own history, makes plausible.

The quantiles that it learns stand beside it. Nothing of another rule comes in.
"""
