"""An endorsement: a signed word about a person, in a scope: I know her, I trust her, or beware.

Positive ones are *vouches*, negative ones *warnings*.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from goodword.crypto.hashing import digest
from goodword.crypto.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, PublicKey, Signature

from . import fields, licence
from .codec import Value, encode
from .contract import ID_BYTES, OrderId
from .errors import AboutOneself, BadField, Expired, NoLicence
from .fields import Field, Schema
from .limits import CATEGORY_CHARS_MAX, ENDORSEMENT_SECONDS_MAX, LINE_CHARS_MAX, REVISION_MAX
from .record import Body, Record, Slot
from .scope import Part, Scope

KIND: Final = "endorsement"
SCOPE_BYTES: Final = 16
SLOT_BYTES: Final = PUBLIC_KEY_BYTES + SCOPE_BYTES
SCOPE_DOMAIN: Final = b"goodword/scope/1"


class Strength(StrEnum):
    WARN = "warn"
    """I would not deal with her, and say so to all."""
    KNOW = "know"
    """I have met her; she is who she says."""
    TRUST = "trust"
    """I would hand her my own money."""


def _deal(name: str, value: object) -> None:
    """[order, count, licence]."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    if len(items) != 3:
        raise BadField(field=name, why="must be [order, count, licence]")
    fields.blob(ID_BYTES)(name, items[0])
    fields.integer(0, REVISION_MAX)(name, items[1])
    fields.blob(SIGNATURE_BYTES)(name, items[2])


SCHEMA: Final[Schema] = {
    "about": Field(fields.public_key),
    "role": Field(fields.one_of(*Part), required=False),
    "category": Field(fields.slug(CATEGORY_CHARS_MAX), required=False),
    "strength": Field(fields.one_of(*Strength)),
    "how": Field(fields.line(LINE_CHARS_MAX)),
    "expires_at": Field(fields.integer(0, REVISION_MAX)),
    "deal": Field(_deal, required=False),
}


WHOLE: Final = Scope()
"""Of her as a whole: in any role, of any goods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """An order that the two agreed to: the licence of the person endorsed proves it."""

    order: OrderId
    count: int
    """As the licence has it: a seller's number of the order; 0 of a buyer."""
    licence: Signature

    @property
    def part(self) -> Part:
        """Hers, in that order."""
        return Part.SELLER if self.count else Part.BUYER


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsement:
    """The slot of its record is `slot(about, scope)`: one for each person and scope."""

    about: PublicKey
    scope: Scope = WHOLE
    """What of her it is about."""
    strength: Strength
    how: str
    """How I know her, or what happened, in a sentence."""
    expires_at: int
    """Unix seconds."""
    deal: Deal | None = None

    @property
    def is_vouch(self) -> bool:
        return self.strength is not Strength.WARN

    def to_body(self) -> Body:
        body: dict[str, Value] = {
            "about": self.about,
            "strength": self.strength.value,
            "how": self.how,
            "expires_at": self.expires_at,
        }
        if self.scope.part:
            body["role"] = self.scope.part.value
        if self.scope.category:
            body["category"] = self.scope.category
        if self.deal:
            body["deal"] = [self.deal.order, self.deal.count, self.deal.licence]
        return body


def slot(about: PublicKey, scope: Scope) -> Slot:
    """The person, then 16 bytes of the scope: so a withdrawal, too, tells whom it is about."""
    named = encode([scope.part.value if scope.part else "", scope.category or ""])
    return Slot(about + digest(SCOPE_DOMAIN, named)[:SCOPE_BYTES])


def read(record: Record) -> Endorsement:
    """The endorsement in an admitted record that is not a withdrawal."""
    body = cast("dict[str, object]", record.body)
    role = cast("str | None", body.get("role"))
    deal = cast("tuple[OrderId, int, Signature] | None", body.get("deal"))
    return Endorsement(
        about=PublicKey(cast("bytes", body["about"])),
        scope=Scope(Part(role) if role else None, cast("str | None", body.get("category"))),
        strength=Strength(cast("str", body["strength"])),
        how=cast("str", body["how"]),
        expires_at=cast("int", body["expires_at"]),
        deal=Deal(order=deal[0], count=deal[1], licence=deal[2]) if deal else None,
    )


def about(record: Record) -> PublicKey:
    """Whom it is about: a withdrawal too, which has no body."""
    return PublicKey(record.slot[:PUBLIC_KEY_BYTES])


def check(record: Record) -> None:
    """What the fields alone do not show. Raises BadField, AboutOneself or NoLicence."""
    said = read(record)
    if record.slot != slot(said.about, said.scope):
        raise BadField(field="slot", why="must be the key of the person and the hash of the scope")
    # SPEC 3.4: "Nobody endorses herself"
    if said.about == record.author:
        raise AboutOneself
    # SPEC 3.4: "An endorsement holds for at most five years"
    if not record.made_at < said.expires_at <= record.made_at + ENDORSEMENT_SECONDS_MAX:
        raise BadField(field="expires_at", why="must be within five years after it was signed")
    if said.deal:
        _check_deal(record, said, said.deal)


def check_time(record: Record, now: int) -> None:
    """Raises Expired for one that is over at `now` (Unix seconds, our clock)."""
    expires_at = read(record).expires_at
    # SPEC 3.4: "One that is over when it arrives is refused"
    if expires_at <= now:
        raise Expired(seconds=now - expires_at)


def _check_deal(record: Record, said: Endorsement, deal: Deal) -> None:
    # SPEC 3.4: "Where the role is `seller` or `buyer`, it is the one that she had in the deal"
    if said.scope.part in (Part.SELLER, Part.BUYER) and said.scope.part is not deal.part:
        raise BadField(field="deal", why=f"in this order she was the {deal.part}")
    if not licence.is_given(
        deal.licence, order=deal.order, by=said.about, to=record.author, count=deal.count
    ):
        raise NoLicence
