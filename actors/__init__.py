"""The actors: who does things."""
