"""Listings: publish, revise, withdraw, and find those of others."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace

from goodword.crypto.keys import PublicKey
from goodword.protocol import listing as listings_
from goodword.protocol.listing import KIND, NONCE_BYTES, Listing, Option
from goodword.protocol.money import Money
from goodword.protocol.record import Slot
from goodword.protocol.scope import Part, Scope
from goodword.storage import candidates, listings
from goodword.storage.candidates import Candidate, Filter
from goodword.storage.database import Database, Transaction
from goodword.storage.listings import RESULTS_MAX, Found
from goodword.storage.nearby import Nearby

from . import reading, show
from .aside import Aside
from .author import Author
from .clock import Clock
from .ranking import Sort, ordered
from .reading import Misunderstood, NotFound, composed
from .show import Json
from .trusting import Trusting

RESULTS_DEFAULT = 20
"""Listings of a search when nobody says how many: a screen."""


class Market:
    def __init__(
        self,
        author: Author,
        database: Database,
        aside: Aside,
        trusting: Trusting,
        me: PublicKey,
        clock: Clock,
    ) -> None:
        self._author = author
        self._database = database
        self._aside = aside
        self._trusting = trusting
        self._me = me
        self._clock = clock
        self._nearby = Nearby()

    def publish(
        self,
        *,
        title: str,
        price: str,
        text: str = "",
        quantity: int = 1,
        categories: list[str] | None = None,
        region: str = "",
        handling: str = "3d",
        shipping: str = "",
        options: list[str] | None = None,
        questions: list[str] | None = None,
    ) -> Json:
        """Offer something for sale: `quantity` pieces at `price` ("12.50 EUR") each."""
        each = reading.price(price)
        listing = Listing(
            title=composed(title),
            price=each,
            shipping=_freight(shipping, each),
            options=tuple(_option(one, each) for one in options or []),
            questions=tuple(map(composed, questions or [])),
            quantity=quantity,
            handling=reading.duration(handling),
            text=composed(text),
            region=composed(region),
            categories=reading.categories(categories or []),
        )
        slot = listings_.slot(self._me, secrets.token_bytes(NONCE_BYTES))
        return self._say(slot, listing)

    def revise(
        self,
        *,
        listing: str,
        title: str | None = None,
        price: str | None = None,
        text: str | None = None,
        quantity: int | None = None,
        categories: list[str] | None = None,
        region: str | None = None,
        handling: str | None = None,
        shipping: str | None = None,
        options: list[str] | None = None,
        questions: list[str] | None = None,
    ) -> Json:
        """Change a listing of mine; what is not named stays. Its stock is counted anew."""
        found = self._mine(listing)
        each = found.listing.price if price is None else reading.price(price)
        changed = {
            "title": None if title is None else composed(title),
            "price": None if price is None else each,
            "shipping": None if shipping is None else _freight(shipping, each),
            "options": None if options is None else tuple(_option(one, each) for one in options),
            "questions": None if questions is None else tuple(map(composed, questions)),
            "text": None if text is None else composed(text),
            "quantity": quantity,
            "categories": None if categories is None else reading.categories(categories),
            "region": None if region is None else composed(region),
            "handling": None if handling is None else reading.duration(handling),
        }
        given = {name: value for name, value in changed.items() if value is not None}
        if not given:
            raise Misunderstood("nothing to revise", "name at least one change, such as --price")
        revised = replace(found.listing, **given)  # type: ignore[arg-type]  # each checked above
        return self._say(found.record.slot, revised)

    def withdraw(self, *, listing: str) -> Json:
        """Take a listing of mine back, for good. Orders under way go on."""
        found = self._mine(listing)
        record = self._author.withdraw(KIND, found.record.slot)
        return {"listing": found.record.slot.hex(), "record": record.id.hex()}

    def list(self, *, seller: str = "") -> Json:
        """What a person has for sale; mine, where no seller is named."""
        with self._database.reading() as db:
            key = reading.person(db, seller) if seller else self._me
            found = listings.by_seller(db, key)
            return {"listings": [show.listing(db, each) for each in found]}

    async def show(self, *, listing: str) -> Json:
        """One listing, and how much reason I have to trust its seller."""
        return await self._aside.read(lambda db: self._shown(db, find(db, listing)))

    async def search(
        self,
        *,
        words: str = "",
        category: str = "",
        max_price: str = "",
        seller: str = "",
        region: str = "",
        sort: str = Sort.TRUST,
        limit: int = RESULTS_DEFAULT,
    ) -> Json:
        """Listings that have all the words (each as the beginning of one), the best first: by what
        fits and whom I trust together, or `sort` by relevance, newest or price."""
        if limit < 1:
            raise Misunderstood(f"a limit of {limit} shows nothing", "it is at least 1")
        if sort not in set(Sort):
            raise Misunderstood(f"{sort!r} is no order", f"it is one of {', '.join(Sort)}")
        with self._database.reading() as db:
            wanted = Filter(
                category=reading.category(category) if category else None,
                max_price=reading.price(max_price) if max_price else None,
                seller=reading.person(db, seller) if seller else None,
                region=composed(region) if region else None,
            )

        def ask(db: Transaction) -> Json:
            best = self._best(db, words, wanted, Sort(sort))[: min(limit, RESULTS_MAX)]
            found = listings.at(db, [each.seq for each in best])
            return {"sort": sort, "listings": [self._shown(db, each) for each in found]}

        return await self._aside.read(ask)

    def _best(self, db: Transaction, words: str, wanted: Filter, sort: Sort) -> Sequence[Candidate]:
        scope = Scope(Part.SELLER, wanted.category)

        def scores(sellers: Sequence[PublicKey]) -> Mapping[PublicKey, float]:
            return self._trusting.scores(db, sellers, scope)

        near = self._trusting.near(db) if sort is Sort.TRUST else ()
        return ordered(
            candidates.find(db, words, wanted, near, self._nearby),
            sort,
            has_words=bool(words.strip()),
            scores=scores,
            now=self._clock(),
        )

    def _shown(self, db: Transaction, found: Found) -> Json:
        seller = found.record.author
        return {
            **show.listing(db, found),
            "is_mine": seller == self._me,
            "trust": self._trusting.brief(db, seller, Scope(Part.SELLER)),
        }

    def _say(self, slot: Slot, listing: Listing) -> Json:
        """Publish it; what is shown of it then."""
        self._author.say(KIND, slot, listing.to_body())
        with self._database.reading() as db:
            return {**show.listing(db, find(db, slot.hex())), "is_mine": True}

    def _mine(self, listing: str) -> Found:
        with self._database.reading() as db:
            found = find(db, listing)
        if found.record.author != self._me:
            raise NotFound(f"{listing} is another person's listing", "`goodword listing list`")
        return found


def find(db: Transaction, listing: str) -> Found:
    """The listing whose id begins with `listing`. Raises Misunderstood or NotFound."""

    def starting_with(first: bytes, last: bytes) -> list[Slot]:
        return listings.starting_with(db, first, last)

    found = listings.get(db, reading.by_prefix(listing, "listing", starting_with))
    assert found is not None, "it was just found"
    return found


def _freight(shipping: str, price: Money) -> int:
    """In minor units of the price's currency. Raises Misunderstood."""
    if not shipping:
        return 0
    money = reading.price(shipping)
    if money.code != price.code:
        raise Misunderstood(f"the price is in {price.code}, the shipping in {money.code}")
    return money.minor


def _option(text: str, price: Money) -> Option:
    """`size: S, M, L +2.00` -> an option; what stands behind a plus is added to the price."""
    name, colon, rest = composed(text).partition(":")
    choices = [each.strip() for each in rest.split(",") if each.strip()]
    if not colon or not name.strip() or not choices:
        raise Misunderstood(
            f"{text!r} is no option", "write a name and its choices: 'size: S, M, L +2.00'"
        )
    return Option(name=name.strip(), choices=tuple(_choice(each, price) for each in choices))


def _choice(text: str, price: Money) -> tuple[str, int]:
    choice, plus, extra = text.rpartition(" +")
    if not plus:
        return text, 0
    return choice.strip(), reading.price(f"{extra.strip()} {price.code}").minor
