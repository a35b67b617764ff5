"""Topics: where a record is gossiped besides the topic of everything, by whom and what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from goodword.crypto.hashing import digest
from goodword.crypto.keys import PublicKey

from . import endorsement, listing, review
from .codec import Value, encode
from .gossip import TOPIC
from .interest import folded
from .record import Record

DOMAIN: Final = b"goodword/topic/1"
BEGINNING: Final = f"{TOPIC}/"
_DIGITS: Final = 32
TOPIC_CHARS: Final = len(BEGINNING) + _DIGITS
"""Each name is as long as any other, so that what is told of topics has a bound."""


def of_person(person: PublicKey) -> str:
    return _topic("person", person)


def of_category(category: str) -> str:
    return _topic("category", category)


def of_region(region: str) -> str:
    """Of a whole region, or of what stands before its first hyphen."""
    return _topic("region", folded(region))


def of_goods(categories: Iterable[str], region: str) -> Iterator[str]:
    """Of a listing with these, besides its seller's."""
    yield from map(of_category, categories)
    if region:
        yield of_region(region)
        if (country := region.partition("-")[0]) not in ("", region):
            yield of_region(country)


def of_record(record: Record) -> set[str]:
    """Of a public record that was admitted; at most twelve."""
    topics = {of_person(record.author)}
    match record.kind:
        case endorsement.KIND:
            topics.add(of_person(endorsement.about(record)))
        case review.KIND if not record.is_withdrawal:
            topics.add(of_person(review.read(record).about))
        case listing.KIND if not record.is_withdrawal:
            said = listing.read(record)
            topics.update(of_goods(said.categories, said.region))
        case _:
            pass
    return topics


def _topic(sort: str, value: Value) -> str:
    # SPEC 5.3: "the first 32 hexadecimal digits of hash(`"goodword/topic/1"`, [sort, value])"
    return BEGINNING + digest(DOMAIN, encode([sort, value])).hex()[:_DIGITS]
