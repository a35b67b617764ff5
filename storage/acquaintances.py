"""Whom we know: what they bring costs them no work, and counts in no stranger's quota."""

from __future__ import annotations

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
    " OR EXISTS (SELECT 1 FROM follow WHERE follow.person = {person})"
    " OR EXISTS (SELECT 1 FROM guest WHERE guest.person = {person})"
    " OR EXISTS (SELECT 1 FROM mailbox WHERE mailbox.person = :me AND host = {person})))"
)


def knows(db: Transaction, me: PublicKey, person: PublicKey) -> bool:
    """A party of a trade that I said something in, one whom I named, follow or vouch for, a host of
    mine or a guest; and not blocked."""
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


def everybody(db: Transaction, me: PublicKey, limit: int) -> list[PublicKey]:
    """Whom we know, at most `limit` people. `knows` says so of each of them."""
    rows = db.execute(
        "SELECT person FROM petname UNION SELECT recipient FROM outbox"  # noqa: S608
        " UNION SELECT person FROM follow"
        f" UNION SELECT key FROM endorsement JOIN person ON id = subject WHERE {IS_VOUCH}"
        "  AND rater = (SELECT id FROM person WHERE key = :me)"
        " UNION SELECT person FROM guest UNION SELECT host FROM mailbox WHERE person = :me"
        " EXCEPT SELECT person FROM contact WHERE is_blocked LIMIT :limit",
        {"me": me, "limit": limit},
    )
    return [PublicKey(person) for (person,) in rows]


def proposals(db: Transaction) -> dict[PublicKey, int]:
    """How many orders each buyer asks of me, to sell to him or to judge between him and another,
    that nobody has answered."""
    rows = db.execute(
        "SELECT buyer, count(*) FROM trade WHERE (role = 'seller' AND state = 'proposed')"
        " OR (role = 'moderator' AND deadline IS NOT NULL) GROUP BY buyer"
    )
    return {PublicKey(buyer): number for buyer, number in rows}
