"""The terms of an order, from what people type: the first ones, and those of a counter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol.listing import Listing
from goodword.protocol.money import Money
from goodword.protocol.terms import Pairs, Terms, total_of

from . import reading
from .reading import Misunderstood, composed

NOBODY: Final = "nobody"
"""Typed where a moderator is to be dropped."""

DEADLINES: Final = ("payment", "clearing", "handling", "inspection", "dispute")


def first(
    listing: Listing,
    *,
    quantity: int,
    price: str,
    options: Sequence[str],
    answers: Sequence[str],
    note: str,
    deadlines: Mapping[str, str],
) -> Terms:
    """What the buyer asks for. Raises Misunderstood where it does not fit the listing."""
    chosen, extra = _chosen(listing, options)
    asked = reading.price(price) if price else None
    each = asked or Money(listing.price.minor + extra, listing.price.code)
    return _totalled(
        Terms(
            quantity=quantity,
            price=each,
            shipping=listing.shipping,
            total=each,
            handling=listing.handling,
            options=chosen,
            answers=_answered(listing, answers),
            note=composed(note),
        ),
        deadlines,
    )


def countered(
    terms: Terms,
    *,
    quantity: int | None,
    price: str,
    shipping: str,
    note: str | None,
    deadlines: Mapping[str, str],
) -> Terms:
    """`terms`, with what is named changed. Raises Misunderstood."""
    each = reading.price(price) if price else terms.price
    freight = terms.shipping
    if shipping:
        money = reading.price(shipping)
        if money.code != each.code:
            raise Misunderstood(f"the price is in {each.code}, the shipping in {money.code}")
        freight = money.minor
    return _totalled(
        replace(
            terms,
            quantity=terms.quantity if quantity is None else quantity,
            price=each,
            shipping=freight,
            note=terms.note if note is None else composed(note),
        ),
        deadlines,
    )


def judged(terms: Terms, moderator: PublicKey | None, fee: int) -> Terms:
    return replace(terms, moderator=moderator, fee=fee if moderator else 0)


def _totalled(terms: Terms, deadlines: Mapping[str, str]) -> Terms:
    seconds = {name: reading.duration(text) for name, text in deadlines.items() if text}
    try:
        total = total_of(terms.price, terms.quantity, terms.shipping)
    except ValueError as error:
        raise Misunderstood(f"{terms.quantity} pieces: {error}") from error
    return replace(terms, total=total, **seconds)  # type: ignore[arg-type]  # names of fields


def _chosen(listing: Listing, options: Sequence[str]) -> tuple[Pairs, int]:
    """(option, choice) of each option, and what the choices add to the price."""
    wanted: dict[str, str] = {}
    for each in options:
        name, equals, choice = composed(each).partition("=")
        if not equals:
            raise Misunderstood(f"{each!r} chooses nothing", "write it as colour=blue")
        wanted[name.strip()] = choice.strip()
    chosen: list[tuple[str, str]] = []
    extra = 0
    for option in listing.options:
        choices = dict(option.choices)
        choice = wanted.pop(option.name, "")
        if choice not in choices:
            found = f"there is no {choice!r}" if choice else "nothing was chosen"
            raise Misunderstood(
                f"{option.name}: {found}",
                f"choose with --option '{option.name}=…': {', '.join(choices)}",
            )
        chosen.append((option.name, choice))
        extra += choices[choice]
    if wanted:
        raise Misunderstood(f"the listing has no option {next(iter(wanted))!r}")
    return tuple(chosen), extra


def _answered(listing: Listing, answers: Sequence[str]) -> Pairs:
    """(question, answer) of each question. Raises Misunderstood unless all are answered."""
    if len(answers) != len(listing.questions):
        asked = "; ".join(listing.questions) or "none"
        raise Misunderstood(
            f"{len(answers)} answers, the listing asks {len(listing.questions)} questions",
            f"give one --answer for each, in this order: {asked}",
        )
    return tuple(zip(listing.questions, map(composed, answers), strict=True))
