"""What stands between a hostile network and libp2p 0.8.1: one small function for each fault."""

from .limits import Guards, Limits

__all__ = ["Guards", "Limits"]
