"""What this database is: whose, and since when it counts."""

from __future__ import annotations

from typing import Final

from goodword.crypto.keys import PublicKey

from .database import Transaction

_OWNER: Final = "owner"
_EPOCH: Final = "epoch"


class WrongOwner(ValueError):
    """The database belongs to another identity than the home's."""


def claim(db: Transaction, me: PublicKey, epoch: bytes) -> None:
    """The database is mine from now on; `epoch` (16 bytes of dice) names its count of arrivals.

    Raises WrongOwner where it is somebody else's: two identities must not share one memory.
    """
    if (owner := _get(db, _OWNER)) is None:
        _set(db, _OWNER, me)
        _set(db, _EPOCH, epoch)
    elif owner != me:
        raise WrongOwner("the database of this home belongs to another identity")


def owner(db: Transaction) -> PublicKey | None:
    value = _get(db, _OWNER)
    return None if value is None else PublicKey(value)


def epoch(db: Transaction) -> bytes:
    value = _get(db, _EPOCH)
    assert value is not None, "a database is claimed before it is used"
    return value


def renew(db: Transaction, epoch: bytes) -> None:
    """The count of arrivals is not the one that others remember: a restored copy, say."""
    _set(db, _EPOCH, epoch)


def _get(db: Transaction, name: str) -> bytes | None:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return bytes(row[0]) if row else None


def _set(db: Transaction, name: str, value: bytes) -> None:
    db.execute(
        "INSERT INTO meta (name, value) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET value = excluded.value",
        (name, value),
    )
