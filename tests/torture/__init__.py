"""Power cuts: real nodes that trade are killed at any moment, and nothing may be lost."""
