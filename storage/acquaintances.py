"""Whom we know: what they bring costs them no work, and counts in no stranger's quota."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from goodword.crypto.keys import PublicKey

from .database import Transaction
from .endorsements import IS_VOUCH

# Who was answered once is known. Who only asked to buy is not: else a proposal, which costs
# nothing but its work, would let in all that follows. Whom I blocked is a stranger again.
_IS_KNOWN: Final = (
    "(NOT EXISTS (SELECT 1 FROM contact WHERE contact.person = {person} AND is_blocked)"  # noqa: S608
    " AND (EXISTS (SELECT 1 FROM petname WHERE petname.person = {person})"
    " OR EXISTS (SELECT 1 FROM outbox WHERE outbox.recipient = {person})"
    " OR EXISTS (SELECT 1 FROM endorsement WHERE rater = (SELECT id FROM person WHERE key = :me)"
    f"  AND subject = (SELECT id FROM person WHERE key = {{person}}) AND {IS_VOUCH})"
    " OR EXISTS (SELECT 1 FROM guest WHERE guest.person = {person})"
    " OR EXISTS (SELECT 1 FROM mailbox WHERE mailbox.person = :me AND host = {person})))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Orders that strangers have asked for, and nobody has answered."""

    of_buyer: int
    of_strangers: int


def knows(db: Transaction, me: PublicKey, person: PublicKey) -> bool:
    """A party of a trade that I said something in, one whom I named or vouch for, a host of mine
    or a guest."""
    condition = _IS_KNOWN.format(person=":person")
    row = db.execute(f"SELECT {condition}", {"me": me, "person": person}).fetchone()
    return bool(row[0])


def knows_device(db: Transaction, me: PublicKey, peer: bytes, now: int) -> bool:
    """Whether somebody whom we know says that the device `peer` is hers."""
    condition = _IS_KNOWN.format(person="presence.person")
    row = db.execute(
        "SELECT EXISTS (SELECT 1 FROM presence WHERE peer = :peer AND expires_at > :now"  # noqa: S608
        f" AND (presence.person = :me OR {condition}))",
        {"me": me, "peer": peer, "now": now},
    ).fetchone()
    return bool(row[0])


def proposals(db: Transaction, me: PublicKey, buyer: PublicKey) -> Proposals:
    """What strangers ask of me: to sell to them, or to judge between them."""
    condition = _IS_KNOWN.format(person="trade.buyer")
    row = db.execute(
        "SELECT count(*) FILTER (WHERE buyer = :buyer), count(*) FROM trade"  # noqa: S608
        " WHERE ((role = 'seller' AND state = 'proposed')"
        "  OR (role = 'moderator' AND deadline IS NOT NULL))"
        f" AND NOT {condition}",
        {"me": me, "buyer": buyer},
    ).fetchone()
    return Proposals(of_buyer=row[0], of_strangers=row[1])
