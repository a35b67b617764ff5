"""What this database is: whose, what it may have forgotten, and what it is to keep."""

from __future__ import annotations

from typing import Final

from goodword.crypto.keys import PublicKey

from .database import Transaction

_OWNER: Final = "owner"
_HAND: Final = "hand"
_KEEP: Final = "keep"


class WrongOwner(ValueError):
    """The database belongs to another identity than the home's."""


def claim(db: Transaction, me: PublicKey) -> None:
    """The database is mine from now on.

    Raises WrongOwner where it is somebody else's: two identities must not share one memory.
    """
    if (owner := _get(db, _OWNER)) is None:
        _set(db, _OWNER, me)
    elif owner != me:
        raise WrongOwner("the database of this home belongs to another identity")


def owner(db: Transaction) -> PublicKey | None:
    value = _get(db, _OWNER)
    return None if value is None else PublicKey(value)


def hand(db: Transaction) -> tuple[int, int]:
    """(the last arrival that was looked at to make room; the age of the youngest that left).

    The age is Unix seconds: of strangers we may have forgotten what was made up to then.
    """
    value = _get(db, _HAND)
    if value is None:
        return 0, 0
    return int.from_bytes(value[:8], "big"), int.from_bytes(value[8:], "big")


def set_hand(db: Transaction, at: int, horizon: int) -> None:
    _set(db, _HAND, at.to_bytes(8, "big") + horizon.to_bytes(8, "big"))


def keep(db: Transaction) -> bytes | None:
    """What the owner declared last that this node keeps; None where he never did."""
    return _get(db, _KEEP)


def set_keep(db: Transaction, declared: bytes) -> None:
    _set(db, _KEEP, declared)


def _get(db: Transaction, name: str) -> bytes | None:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return bytes(row[0]) if row else None


def _set(db: Transaction, name: str, value: bytes) -> None:
    db.execute(
        "INSERT INTO meta (name, value) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET value = excluded.value",
        (name, value),
    )
