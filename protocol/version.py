"""The version of this software, in its one place: the build reads it here too."""

from __future__ import annotations

# Not by importlib.metadata: it takes 30 ms, and `goodword` should answer before one blinks.
VERSION = "0.1.0"
