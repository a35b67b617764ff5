"""A small number for each person of whom there are opinions: four bytes instead of 32."""

from __future__ import annotations

from typing import Final

from goodword.crypto.keys import PublicKey

from .database import Transaction

OF: Final = "(SELECT id FROM person WHERE key = ?)"
"""In SQL: the number of a key; NULL, which equals nothing, where it has none."""


def give(db: Transaction, key: PublicKey) -> int:
    """The number of `key`, from now on. From 1 on, in the order of arrival."""
    found = id_of(db, key)
    if found is not None:
        return found
    number = db.execute("INSERT INTO person (key) VALUES (?)", (key,)).lastrowid
    assert number is not None
    return number


def forget(db: Transaction, key: PublicKey) -> None:
    """Take the number of `key` back, if nobody says anything of him nor he of anybody.

    Never the last that was given: it would be given again, to somebody else, while the old one
    is remembered.
    """
    db.execute(
        "DELETE FROM person WHERE key = ? AND id < (SELECT max(id) FROM person)"
        " AND NOT EXISTS (SELECT 1 FROM endorsement WHERE rater = person.id)"
        " AND NOT EXISTS (SELECT 1 FROM endorsement WHERE subject = person.id)"
        " AND NOT EXISTS (SELECT 1 FROM opinion WHERE rater = person.id)"
        " AND NOT EXISTS (SELECT 1 FROM opinion WHERE subject = person.id)",
        (key,),
    )


def id_of(db: Transaction, key: PublicKey) -> int | None:
    """The number of `key`, if it has one."""
    row = db.execute("SELECT id FROM person WHERE key = ?", (key,)).fetchone()
    return int(row[0]) if row else None


def key_of(db: Transaction, number: int) -> PublicKey:
    """Whose number it is; somebody's it must be."""
    (found,) = db.execute("SELECT key FROM person WHERE id = ?", (number,)).fetchone()
    return PublicKey(found)
