"""Opinions: what statements come to, and when a review stands behind an endorsement."""

from __future__ import annotations

from itertools import permutations

import pytest

from goodword.crypto.hashing import digest
from goodword.protocol.opinion import NEVER, RATINGS, Opinion, Reviewed, Said, opinions
from goodword.protocol.record import RecordId
from goodword.protocol.scope import Part, Scope
from goodword.protocol.trust import judge
from goodword.protocol.walk import walk
from tests.make import NOW
from tests.village import ANY, ME, Village, person

ANN, BEN = person("ann"), person("ben")
SELLER = Scope(Part.SELLER)


def said(
    strength: str,
    scope: Scope = ANY,
    *,
    at: int = 0,
    has_deal: bool = False,
    id_: bytes = b"",
) -> Said:
    return Said(
        role=scope.part,
        category=scope.category,
        strength=strength,
        made_at=NOW + at,
        expires_at=NOW + 100,
        has_deal=has_deal,
        source=RecordId(id_ or digest(b"goodword/test", f"{strength} {scope} {at}".encode())),
    )


def order(
    part: Part = Part.SELLER, rating: str | None = None, *, at: int = 0, id_: bytes = b""
) -> Reviewed:
    source = id_ or digest(b"goodword/test", f"{part} {rating} {at}".encode())
    return Reviewed(role=part, rating=rating, made_at=NOW + at, source=RecordId(source))


def made(*statements: Said | Reviewed) -> tuple[Opinion, ...]:
    return opinions(
        ANN,
        BEN,
        [each for each in statements if isinstance(each, Said)],
        [each for each in statements if isinstance(each, Reviewed)],
    )


@pytest.mark.parametrize(
    ("strength", "bare", "dealt"), [("know", 0.25, 1), ("trust", 0.5, 1), ("warn", -0.5, -1)]
)
def test_an_endorsement_counts_more_with_proof_that_they_dealt(
    strength: str, bare: float, dealt: float
) -> None:
    for has_deal, receipts, expected in [
        (False, [], bare),
        (True, [], dealt),
        (False, [order()], dealt),
        (False, [order(Part.BUYER)], dealt),
    ]:
        (opinion,) = made(said(strength, has_deal=has_deal), *receipts)
        assert (opinion.strength, opinion.forward) == (expected, max(0, expected))


@pytest.mark.parametrize("part", Part)
def test_a_receipt_proves_something_of_its_own_role_alone(part: Part) -> None:
    for receipt in (Part.SELLER, Part.BUYER):
        (opinion,) = made(said("trust", Scope(part, "books")), order(receipt))
        assert opinion.strength == (1.0 if part is receipt else 0.5)
        assert len(opinion.sources) == (2 if part is receipt else 1)


def test_a_deal_proves_any_role() -> None:
    (opinion,) = made(said("know", Scope(Part.SUPPORT), has_deal=True))
    assert opinion.strength == 1


@pytest.mark.parametrize("rating", RATINGS)
def test_a_review_is_evidence_and_leads_nowhere(rating: str) -> None:
    (opinion,) = made(order(Part.BUYER, rating))
    assert (opinion.strength, opinion.forward) == (RATINGS[rating], 0)
    assert (opinion.scope, opinion.expires_at) == (Scope(Part.BUYER), NEVER)


def test_a_receipt_is_no_opinion() -> None:
    assert made(order()) == ()


def test_of_several_the_latest_counts_and_of_one_second_the_lower_id() -> None:
    low, high = bytes(31) + b"\1", bytes(31) + b"\2"
    reviews = [order(rating="good"), order(rating="bad", at=1), order(at=2)]
    words = [
        said("trust", at=0),
        said("know", at=1, id_=high),
        said("warn", at=1, id_=low),
    ]
    for mixed in permutations(reviews):
        (opinion,) = made(*mixed)
        assert opinion.strength == -1
    for changed in permutations(words):
        (opinion,) = made(*changed)
        assert (opinion.strength, opinion.sources) == (-0.5, (low,))


def test_the_latest_receipt_is_named_whatever_came_first() -> None:
    for one, two in permutations([order(at=1), order(at=2)]):
        (opinion,) = made(said("trust"), one, two)
        assert opinion.sources[1] == order(at=2).source


def test_each_scope_has_an_opinion_of_its_own() -> None:
    scopes = [ANY, SELLER, Scope(None, "tea"), Scope(Part.SELLER, "tea")]
    found = made(*(said("know", each) for each in scopes))
    assert {each.scope for each in found} == set(scopes)


def test_a_review_is_there_again_when_the_later_endorsement_expires() -> None:
    village = Village()
    village.say("me", "ann")

    class Both:
        by = staticmethod(village.by)

        @staticmethod
        def about(_: object) -> tuple[Opinion, ...]:
            return made(said("trust", SELLER, at=5), order(rating="bad"))

    for now, strength in [(NOW + 99, 1), (NOW + 100, -1)]:
        judged = judge(Both(), walk(Both(), ME, now), BEN, SELLER)
        assert [each.strength for each in judged.contributions] == [strength]
