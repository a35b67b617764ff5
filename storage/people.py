"""What people say of themselves and of each other, where they are, and my names for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import presence as presences
from goodword.protocol import profile as profiles
from goodword.protocol import vouch as vouches
from goodword.protocol.presence import Presence
from goodword.protocol.profile import Profile
from goodword.protocol.record import Record, RecordId
from goodword.protocol.vouch import Strength, Vouch

from .database import Transaction

CLAIMS_MAX: Final = 4
"""People who are believed that a device is theirs: anybody may say so of any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """`rater` vouches: `vouch`; the record `id` proves it."""

    rater: PublicKey
    vouch: Vouch
    made_at: int
    id: RecordId


# --- profiles ----------------------------------------------------------------------------------


def index_profile(db: Transaction, record: Record) -> None:
    profile = profiles.read(record)
    db.execute(
        "INSERT OR REPLACE INTO profile (person, name, about, region) VALUES (?, ?, ?, ?)",
        (record.author, profile.name, profile.about, profile.region),
    )


def unindex_profile(db: Transaction, record: Record) -> None:
    db.execute("DELETE FROM profile WHERE person = ?", (record.author,))


def profile(db: Transaction, person: PublicKey) -> Profile | None:
    row = db.execute(
        "SELECT name, about, region FROM profile WHERE person = ?", (person,)
    ).fetchone()
    return Profile(name=row[0], about=row[1], region=row[2]) if row else None


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


# --- vouches -----------------------------------------------------------------------------------


def index_vouch(db: Transaction, record: Record, seq: int) -> None:
    vouch = vouches.read(record)
    db.execute(
        "INSERT OR REPLACE INTO vouch (rater, subject, strength, how, made_at, expires_at, seq)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            record.author,
            vouch.about,
            vouch.strength.value,
            vouch.how,
            record.made_at,
            vouch.expires_at,
            seq,
        ),
    )


def unindex_vouch(db: Transaction, record: Record) -> None:
    db.execute("DELETE FROM vouch WHERE rater = ? AND subject = ?", (record.author, record.slot))


def vouches_by(db: Transaction, rater: PublicKey, now: int) -> list[Voucher]:
    """All in force at `now` (Unix seconds) that `rater` gave, newest first."""
    return _vouchers(db, "vouch.rater = ? AND vouch.expires_at > ?", (rater, now))


def vouches_for(db: Transaction, subject: PublicKey, now: int) -> list[Voucher]:
    """All in force at `now` about `subject`, newest first."""
    return _vouchers(db, "vouch.subject = ? AND vouch.expires_at > ?", (subject, now))


def vouches_among_mine(
    db: Transaction, me: PublicKey, subject: PublicKey, now: int
) -> list[Voucher]:
    """Those about `subject` by the people that I vouch for: word of mouth, one step long."""
    return _vouchers(
        db,
        "vouch.subject = ? AND vouch.expires_at > ? AND vouch.rater IN"
        " (SELECT mine.subject FROM vouch mine WHERE mine.rater = ? AND mine.expires_at > ?)",
        (subject, now, me, now),
    )


def vouched_for_by(db: Transaction, rater: PublicKey, now: int, limit: int) -> list[PublicKey]:
    """Whom `rater` vouches for at `now`, by their keys; of more than `limit` the newest."""
    rows = db.execute(
        "SELECT subject FROM (SELECT subject FROM vouch WHERE rater = ? AND expires_at > ?"
        " ORDER BY made_at DESC, subject LIMIT ?) ORDER BY subject",
        (rater, now, limit),
    )
    return [PublicKey(subject) for (subject,) in rows]


def has_vouch(db: Transaction, rater: PublicKey, subject: PublicKey, now: int) -> bool:
    """Whether `rater` vouches for `subject` at `now`."""
    row = db.execute(
        "SELECT 1 FROM vouch WHERE rater = ? AND subject = ? AND expires_at > ?",
        (rater, subject, now),
    ).fetchone()
    return row is not None


def _vouchers(db: Transaction, condition: str, values: tuple[object, ...]) -> list[Voucher]:
    rows = db.execute(
        "SELECT rater, subject, strength, how, vouch.made_at, expires_at, id FROM vouch"  # noqa: S608
        f" JOIN record USING (seq) WHERE {condition} ORDER BY vouch.made_at DESC, rater",
        values,
    )
    return [
        Voucher(
            rater=PublicKey(rater),
            vouch=Vouch(
                about=PublicKey(subject),
                strength=Strength(strength),
                how=how,
                expires_at=expires_at,
            ),
            made_at=made_at,
            id=RecordId(record_id),
        )
        for rater, subject, strength, how, made_at, expires_at, record_id in rows
    ]


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


def known(db: Transaction) -> list[PublicKey]:
    """Everybody that we have heard of, in the order of their keys."""
    rows = db.execute(
        "SELECT person FROM profile UNION SELECT person FROM petname"
        " UNION SELECT seller FROM listing UNION SELECT rater FROM vouch"
        " UNION SELECT subject FROM vouch UNION SELECT buyer FROM trade"
        " UNION SELECT seller FROM trade UNION SELECT person FROM moderator"
        " UNION SELECT person FROM presence"
        " UNION SELECT author FROM review UNION SELECT about FROM review ORDER BY 1"
    )
    return [PublicKey(person) for (person,) in rows]
