"""The catalogue: what kinds of record there are, and what each may say.

Rule 1: everything that one kind does differently from another is a column of KINDS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from . import endorsement, entry, listing, mailbox, moderator, presence, profile, review
from .errors import BackDated, BadField, FromTheFuture, UnknownKind
from .fields import Check, Schema, blob, check_body
from .limits import FUTURE_SECONDS_MAX, PEER_BYTES_MAX
from .record import Record, parse, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    schema: Schema
    slot: Check
    check_owner: Callable[[Record], None] = lambda _: None
    """Whether the slot can be this author's at all; withdrawals are asked too."""
    check: Callable[[Record], None] = lambda _: None
    """What the fields alone do not show."""
    check_time: Callable[[Record, int], None] = lambda _, __: None
    """Whether it still says something at a time: Unix seconds, our clock."""
    is_public: bool = True
    """Gossiped and handed out in catch-up; otherwise sealed, between parties only."""
    is_revisable: bool = True
    """A later revision replaces an earlier one; otherwise every record stands, at revision 0."""
    is_dated: bool = False
    """The revision is the time at which it was signed, so that the latest signed stands."""
    is_withdrawal_final: bool = False
    """A withdrawn slot never opens again."""


KINDS: Final[dict[str, Kind]] = {
    profile.KIND: Kind(schema=profile.SCHEMA, slot=blob(0)),
    presence.KIND: Kind(
        schema=presence.SCHEMA, slot=blob(32, PEER_BYTES_MAX), check=presence.check
    ),
    listing.KIND: Kind(
        schema=listing.SCHEMA,
        slot=blob(listing.SLOT_BYTES),
        check_owner=listing.check_owner,
        check=listing.check,
        is_withdrawal_final=True,
    ),
    endorsement.KIND: Kind(
        schema=endorsement.SCHEMA,
        slot=blob(endorsement.SLOT_BYTES),
        check=endorsement.check,
        check_time=endorsement.check_time,
        is_dated=True,
    ),
    mailbox.KIND: Kind(schema=mailbox.SCHEMA, slot=blob(0), check=mailbox.check),
    moderator.KIND: Kind(schema=moderator.SCHEMA, slot=blob(0)),
    review.KIND: Kind(schema=review.SCHEMA, slot=blob(32), check=review.check),
    entry.KIND: Kind(
        schema=entry.SCHEMA,
        slot=blob(32),
        check=entry.check,
        is_public=False,
        is_revisable=False,
    ),
}

PUBLIC_KINDS: Final = tuple(name for name, kind in KINDS.items() if kind.is_public)


def read(data: bytes, now: int, *, is_public: bool = False) -> Record:
    """All that can be known of a record by itself: it is authentic, and what it says is allowed.

    `now` is Unix seconds, our clock; `is_public`: where only what everybody may see is welcome.

    Raises a Refusal: SPEC 2.6 says in which order, and so which of several it is.
    """
    found = parse(data)
    kind = KINDS.get(found.kind)
    if is_public and kind and not kind.is_public:
        raise UnknownKind(kind=found.kind)  # as a letter refuses what is public
    verify(found)
    check(found, now)
    return found


def check(record: Record, now: int) -> Kind:
    """The kind of `record`, all of whose rules that need no other record hold.

    `now` is Unix seconds, our clock.

    Raises:
        UnknownKind: we cannot judge it, so we do not keep it.
        FromTheFuture: its author's clock is too far ahead of ours.
        BadField: a field is missing, unlisted, or out of bounds.
        ForeignSlot: the slot is another author's.
        BackDated: its revision is not its time, in a kind where the two are one.
        Expired: it is over.
    """
    kind = KINDS.get(record.kind)
    if kind is None:
        raise UnknownKind(kind=record.kind[:40])
    # SPEC 2.4: "A record signed more than 10 minutes ahead of the reader's clock is refused"
    ahead = record.made_at - now
    if ahead > FUTURE_SECONDS_MAX:
        raise FromTheFuture(seconds=ahead, limit=FUTURE_SECONDS_MAX)
    kind.slot("slot", record.slot)
    kind.check_owner(record)
    if not kind.is_revisable and record.revision != 0:
        raise BadField(field="revision", why="must be 0: this kind is not revised")
    # SPEC 3.4: "The revision is made_at, of a withdrawal too"
    if kind.is_dated and record.revision != record.made_at:
        raise BackDated(made_at=record.made_at, revision=record.revision)
    if record.body is None:
        if not kind.is_revisable:
            raise BadField(field="body", why="this kind is not withdrawn")
    else:
        check_body(kind.schema, record.body)
        kind.check(record)
        kind.check_time(record, now)
    return kind
