"""Whole networks in memory, from one seed: real nodes; only time and the wire are the test's."""
