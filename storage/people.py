"""What people say of themselves, where they are, and what I keep in mind of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import presence as presences
from goodword.protocol import profile as profiles
from goodword.protocol.presence import Presence
from goodword.protocol.profile import Profile
from goodword.protocol.record import Record
from goodword.protocol.scope import Part

from .database import Transaction

CLAIMS_MAX: Final = 4
"""People who are believed that a device is theirs: anybody may say so of any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What I keep in mind of a person."""

    note: str = ""
    is_blocked: bool = False


# --- profiles ----------------------------------------------------------------------------------


def index_profile(db: Transaction, record: Record) -> None:
    profile = profiles.read(record)
    db.execute(
        "INSERT OR REPLACE INTO profile (person, name, about, region, roles)"
        " VALUES (?, ?, ?, ?, ?)",
        (record.author, profile.name, profile.about, profile.region, " ".join(profile.roles)),
    )


def unindex_profile(db: Transaction, record: Record) -> None:
    db.execute("DELETE FROM profile WHERE person = ?", (record.author,))


def profile(db: Transaction, person: PublicKey) -> Profile | None:
    row = db.execute(
        "SELECT name, about, region, roles FROM profile WHERE person = ?", (person,)
    ).fetchone()
    if row is None:
        return None
    name, about, region, roles = row
    return Profile(name=name, about=about, region=region, roles=tuple(map(Part, roles.split())))


# --- presence ----------------------------------------------------------------------------------


def index_presence(db: Transaction, record: Record) -> None:
    presence = presences.read(record)
    db.execute(
        "INSERT OR REPLACE INTO presence (person, peer, addresses, expires_at) VALUES (?, ?, ?, ?)",
        (record.author, presence.peer, "\n".join(presence.addresses), presence.expires_at),
    )


def unindex_presence(db: Transaction, record: Record) -> None:
    db.execute("DELETE FROM presence WHERE person = ? AND peer = ?", (record.author, record.slot))


def presence(db: Transaction, person: PublicKey, now: int) -> list[Presence]:
    """Where the person's devices are, those that answer longest first."""
    rows = db.execute(
        "SELECT peer, addresses, expires_at FROM presence WHERE person = ? AND expires_at > ?"
        " ORDER BY expires_at DESC, peer",
        (person, now),
    )
    return [
        Presence(peer=peer, addresses=tuple(addresses.splitlines()), expires_at=expires_at)
        for peer, addresses, expires_at in rows
    ]


def addresses_of(db: Transaction, peer: bytes, now: int) -> list[str]:
    """Where this device is, by the word of its owner; without its peer id."""
    rows = db.execute(
        "SELECT addresses FROM presence WHERE peer = ? AND expires_at > ?"
        " ORDER BY expires_at DESC LIMIT ?",
        (peer, now, CLAIMS_MAX),
    )
    return [address for (addresses,) in rows for address in addresses.splitlines()]


def at_peer(db: Transaction, peer: bytes, now: int) -> list[PublicKey]:
    """Who says that this device is hers, at most CLAIMS_MAX people."""
    rows = db.execute(
        "SELECT person FROM presence WHERE peer = ? AND expires_at > ?"
        " ORDER BY expires_at DESC LIMIT ?",
        (peer, now, CLAIMS_MAX),
    )
    return [PublicKey(person) for (person,) in rows]


# --- my names for people -----------------------------------------------------------------------


def name(db: Transaction, person: PublicKey, petname: str) -> None:
    """Call `person` by `petname` from now on; an earlier name of hers is forgotten."""
    db.execute("DELETE FROM petname WHERE person = ?", (person,))
    db.execute("INSERT INTO petname (name, person) VALUES (?, ?)", (petname, person))


def forget(db: Transaction, petname: str) -> bool:
    """False where nobody was called that."""
    return db.execute("DELETE FROM petname WHERE name = ?", (petname,)).rowcount == 1


def named(db: Transaction, petname: str) -> PublicKey | None:
    """Whom I call by `petname`; upper and lower case are one."""
    row = db.execute("SELECT person FROM petname WHERE name = ?", (petname,)).fetchone()
    return PublicKey(row[0]) if row else None


def petname(db: Transaction, person: PublicKey) -> str | None:
    row = db.execute("SELECT name FROM petname WHERE person = ?", (person,)).fetchone()
    return str(row[0]) if row else None


def petnames(db: Transaction) -> list[tuple[str, PublicKey]]:
    rows = db.execute("SELECT name, person FROM petname ORDER BY name")
    return [(each, PublicKey(person)) for each, person in rows]


# --- what I keep in mind of them ---------------------------------------------------------------


def contact(db: Transaction, person: PublicKey) -> Contact:
    row = db.execute("SELECT note, is_blocked FROM contact WHERE person = ?", (person,)).fetchone()
    return Contact(note=row[0], is_blocked=bool(row[1])) if row else Contact()


def keep_in_mind(db: Transaction, person: PublicKey, contact: Contact) -> None:
    """Instead of what I kept of `person` before."""
    if contact == Contact():
        db.execute("DELETE FROM contact WHERE person = ?", (person,))
        return
    db.execute(
        "INSERT OR REPLACE INTO contact (person, note, is_blocked) VALUES (?, ?, ?)",
        (person, contact.note, contact.is_blocked),
    )


def contacts(db: Transaction) -> list[PublicKey]:
    """On whom I keep a note or whom I blocked, in the order of their keys."""
    rows = db.execute("SELECT person FROM contact ORDER BY person")
    return [PublicKey(person) for (person,) in rows]


def blocked(db: Transaction) -> list[PublicKey]:
    """Whom I blocked, in the order of their keys."""
    rows = db.execute("SELECT person FROM contact WHERE is_blocked ORDER BY person")
    return [PublicKey(person) for (person,) in rows]


def known(db: Transaction) -> list[PublicKey]:
    """Everybody that we have heard of, in the order of their keys."""
    rows = db.execute(
        "SELECT person FROM profile UNION SELECT person FROM petname"
        " UNION SELECT seller FROM listing UNION SELECT key FROM person"
        " UNION SELECT person FROM follow"
        " UNION SELECT person FROM contact UNION SELECT buyer FROM trade"
        " UNION SELECT seller FROM trade UNION SELECT person FROM moderator"
        " UNION SELECT person FROM presence"
        " UNION SELECT author FROM review UNION SELECT about FROM review ORDER BY 1"
    )
    return [PublicKey(person) for (person,) in rows]
