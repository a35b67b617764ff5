"""Records and people as the local API shows them: plain JSON, with stable names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

from goodword.crypto.address import to_address, to_did
from goodword.crypto.keys import PublicKey
from goodword.protocol.money import Money
from goodword.protocol.record import Record
from goodword.storage import people
from goodword.storage.database import Transaction
from goodword.storage.endorsements import Endorsed
from goodword.storage.listings import Found
from goodword.storage.moderators import Offer
from goodword.storage.reviews import Reviewed

Json: TypeAlias = dict[str, object]


def person(db: Transaction, key: PublicKey) -> Json:
    """Who it is: the address proves it, the petname is mine, the name is what she claims."""
    profile = people.profile(db, key)
    return {
        "address": to_address(key),
        "did": to_did(key),
        "petname": people.petname(db, key),
        "name": profile.name if profile else None,
    }


def money(amount: Money) -> Json:
    return {"minor": amount.minor, "code": amount.code, "text": str(amount)}


def listing(db: Transaction, found: Found) -> Json:
    return {
        "listing": found.record.slot.hex(),
        "record": found.record.id.hex(),
        "revision": found.record.revision,
        "seller": person(db, found.record.author),
        "title": found.listing.title,
        "price": money(found.listing.price),
        "quantity": found.listing.quantity,
        "handling_seconds": found.listing.handling,
        "shipping": money(Money(found.listing.shipping, found.listing.price.code)),
        "options": [
            {
                "name": each.name,
                "choices": [
                    {"choice": choice, "adds": money(Money(extra, found.listing.price.code))}
                    for choice, extra in each.choices
                ],
            }
            for each in found.listing.options
        ],
        "questions": list(found.listing.questions),
        "region": found.listing.region,
        "categories": list(found.listing.categories),
        "text": found.listing.text,
        "made_at": found.record.made_at,
    }


def endorsed(db: Transaction, given: Endorsed) -> Json:
    said = given.said
    return {
        "rater": person(db, given.rater),
        "about": person(db, said.about),
        "role": said.scope.part.value if said.scope.part else None,
        "category": said.scope.category,
        "strength": said.strength.value,
        "how": said.how,
        "order": said.deal.order.hex() if said.deal else None,
        "made_at": given.made_at,
        "expires_at": said.expires_at,
        "record": given.id.hex(),
    }


def moderator(db: Transaction, offer: Offer) -> Json:
    return {
        "person": person(db, offer.person),
        "fee_basis_points": offer.moderator.fee,
        "fee": percent(offer.moderator.fee),
        "categories": list(offer.moderator.categories),
        "about": offer.moderator.about,
        "made_at": offer.made_at,
        "record": offer.id.hex(),
    }


def review(db: Transaction, said: Reviewed) -> Json:
    return {
        "author": person(db, said.author),
        "about": person(db, said.review.about),
        "order": said.order.hex(),
        "role": said.review.role.value,
        "count": said.review.count,
        "rating": said.review.rating.value if said.review.rating else None,
        "text": said.review.text,
        "made_at": said.made_at,
        "record": said.id.hex(),
    }


def percent(basis_points: int) -> str:
    """`1.5 %`: as many decimals as it needs."""
    whole, part = divmod(basis_points, 100)
    decimals = f".{part:02}".rstrip("0") if part else ""
    return f"{whole}{decimals} %"


def record(db: Transaction, shown: Record) -> Json:
    return {
        "record": shown.id.hex(),
        "kind": shown.kind,
        "author": person(db, shown.author),
        "made_at": shown.made_at,
        "slot": shown.slot.hex(),
        "revision": shown.revision,
        "is_withdrawal": shown.is_withdrawal,
        "body": plain(shown.body),
        "bytes": shown.to_bytes().hex(),
        "signature": shown.signature.hex(),
    }


def plain(value: object) -> object:
    """A body as JSON: bytes become {"hex": …}, so that nobody takes them for text."""
    match value:
        case bytes():
            return {"hex": value.hex()}
        case Mapping():
            named = cast("Mapping[str, object]", value)
            return {name: plain(each) for name, each in named.items()}
        case list() | tuple():
            return [plain(each) for each in cast("Sequence[object]", value)]
        case _:
            return value
