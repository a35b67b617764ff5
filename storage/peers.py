"""Nodes that we have met or were told to meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .database import Transaction

PEERS_MAX: Final = 1_000
"""Peers that we remember: enough to find the network again, and 200 KB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    id: str
    """The libp2p peer id, base58."""
    addresses: tuple[str, ...]
    """Full multiaddrs, `/p2p/…` included."""
    is_wanted: bool
    """Asked for by the owner: never forgotten."""
    met_at: int | None
    """Unix seconds: the last time that we were connected."""


def remember(
    db: Transaction, peer: str, addresses: Sequence[str], *, is_wanted: bool = False
) -> None:
    """Keep where `peer` is; the addresses given replace the ones we had."""
    db.execute(
        "INSERT INTO peer (id, addresses, is_wanted) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET"
        " addresses = excluded.addresses, is_wanted = is_wanted OR excluded.is_wanted",
        (peer, "\n".join(addresses), is_wanted),
    )
    _forget_oldest(db)


def met(db: Transaction, peer: str, now: int) -> None:
    """We are connected with `peer` at `now` (Unix seconds)."""
    db.execute(
        "INSERT INTO peer (id, addresses, is_wanted, met_at) VALUES (?, '', 0, ?)"
        " ON CONFLICT DO UPDATE SET met_at = excluded.met_at",
        (peer, now),
    )
    _forget_oldest(db)  # a new peer id costs nothing: who comes with many must not fill the disk


def every(db: Transaction) -> list[Peer]:
    """Those the owner asked for first, then the ones met last."""
    rows = db.execute(
        "SELECT id, addresses, is_wanted, met_at FROM peer ORDER BY is_wanted DESC, met_at DESC"
    )
    return [
        Peer(
            id=peer,
            addresses=tuple(addresses.splitlines()),
            is_wanted=bool(is_wanted),
            met_at=met_at,
        )
        for peer, addresses, is_wanted, met_at in rows
    ]


def _forget_oldest(db: Transaction) -> None:
    db.execute(
        "DELETE FROM peer WHERE NOT is_wanted AND id NOT IN"
        " (SELECT id FROM peer ORDER BY is_wanted DESC, met_at DESC LIMIT ?)",
        (PEERS_MAX,),
    )
