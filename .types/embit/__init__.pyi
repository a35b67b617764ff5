"""The part of embit we use; it ships no types of its own."""
