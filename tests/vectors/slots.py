"""slots.json: what stands for a slot, whatever comes in whatever order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from goodword.protocol import kinds, slots
from goodword.protocol.errors import Refusal
from goodword.protocol.record import Record
from goodword.protocol.slots import Standing
from tests.make import ANN, BEN, CHEN, NOW, listing, presence, profile, vouch, warning, withdrawal

from .notation import Document, Json


class Story(NamedTuple):
    about: str
    come: Sequence[Record]


class Told(NamedTuple):
    """What becomes of each record that comes, and of the slot in the end."""

    fates: list[str]
    stands: Record
    evidence: list[list[Record]]


def slot_stories() -> Document:
    known: dict[bytes, Record] = {}
    told: list[Json] = []
    for about, come in _stories():
        for each in come:
            known.setdefault(each.id, each)
        at = list(known)
        made = keep(come)
        told.append(
            {
                "about": about,
                "come": [at.index(each.id) for each in come],
                "fates": list[Json](made.fates),
                "stands": at.index(made.stands.id),
                "evidence": [[at.index(each.id) for each in pair] for pair in made.evidence],
            }
        )
    return {
        "about": "SPEC 2.5: records of one slot, as they come; what becomes of each; what stands",
        "now": NOW,
        "records": [
            {
                "hex": each.to_bytes().hex(),
                "id": each.id.hex(),
                "revision": each.revision,
                "is_withdrawal": each.is_withdrawal,
            }
            for each in known.values()
        ],
        "stories": told,
    }


def keep(come: Sequence[Record]) -> Told:
    """As a node does, in memory and with the rules alone."""
    standing: Standing | None = None
    here: dict[bytes, Record] = {}
    fates: list[str] = []
    evidence: dict[int, list[Record]] = {}
    for record in come:
        kind = kinds.check(record, NOW)
        if record.id in here:
            fates.append("known")
            continue
        try:
            stands = slots.takes(kind, standing, record)
        except Refusal as refusal:
            fates.append(refusal.code)
            continue
        is_fork = slots.is_fork(kind, standing, record)
        if is_fork and standing is not None:
            evidence.setdefault(record.revision, [here[standing.id], record])
        here[record.id] = record
        fates.append("stands" if stands else "evidence")
        if stands or standing is None:
            standing = Standing(record.id, record.revision, record.is_withdrawal, is_fork)
        else:
            standing = standing._replace(is_forked=True)
    assert standing is not None
    return Told(fates, here[standing.id], list(evidence.values()))


def _variants(revision: int) -> list[Record]:
    """Profiles at one revision, the lowest id first."""
    made = [profile(name=f"Ann {n}", revision=revision) for n in range(4)]
    return sorted(made, key=lambda each: each.id)


ZERO: Final = profile()
ONE: Final = profile(name="Anna", revision=1)
GONE: Final = withdrawal(ONE, ANN)
SALE: Final = listing()
DEARER: Final = listing(price="13.00 EUR", revision=7)
SOLD: Final = withdrawal(SALE, BEN, revision=0)


def _stories() -> Iterator[Story]:
    low, second, third, high = _variants(2)
    yield Story("a later revision replaces an earlier one", [ZERO, ONE])
    yield Story("an earlier revision is refused", [ONE, ZERO])
    yield Story("a revision may be left out", [ZERO, low])
    yield Story("the same record again is neither new nor refused", [ZERO, ZERO])
    yield Story("of two at one revision the lower id stands: it comes second", [high, low])
    yield Story("the lower id came first: the other is evidence", [low, high])
    yield Story("evidence that comes again is known", [low, high, high])
    yield Story("a third whose id is higher is refused", [low, second, third])
    yield Story("a third whose id is between the two is refused", [low, high, second])
    yield Story("a third whose id is the lowest stands; the first two are evidence", [
        high, second, low,
    ])  # fmt: skip
    yield Story("and a fourth is refused", [high, second, low, third])
    later = _variants(3)
    yield Story("a fork of each of two revisions", [low, high, later[0], later[1]])
    yield Story("a fork below what stands is refused", [later[0], low, high])
    yield Story("a withdrawal that is not final, and a revision after it", [ONE, GONE, later[0]])
    yield Story("a withdrawal that is not final refuses what is below it", [GONE, ONE])
    yield Story("a withdrawal first, of what never was here", [GONE])
    twice = sorted([low, withdrawal(ONE, ANN, revision=2)], key=lambda each: each.id)
    yield Story("a withdrawal that is not final forks with its revision", twice)
    yield Story("and the other way round", twice[::-1])
    yield Story("a final withdrawal stands above a higher revision", [DEARER, SOLD])
    yield Story("after it nothing of the slot is taken", [SOLD, DEARER, SALE])
    yield Story("a final withdrawal at the revision of what stands is no fork", [SALE, SOLD])
    again = withdrawal(SALE, BEN, revision=3)
    yield Story("of two final withdrawals the higher revision stands", [SALE, SOLD, again])
    yield Story("and the lower is refused", [again, SOLD])
    others = sorted(
        (withdrawal(SALE, BEN, revision=3, now=NOW + n) for n in range(3)),
        key=lambda each: each.id,
    )
    yield Story("two final withdrawals at one revision are a fork", others[:2])
    yield Story("the lower id stands", others[1::-1])
    yield Story("a third is refused", others)
    yield Story("a fork of listings, then withdrawn for good", [
        *sorted([SALE, listing(price="13.00 EUR")], key=lambda each: each.id), SOLD,
    ])  # fmt: skip
    where, word = presence(), vouch()
    yield Story("a presence is withdrawn, and comes back", [
        where, withdrawal(where, ANN), presence(revision=2),
    ])  # fmt: skip
    yield Story("a vouch is revoked", [word, withdrawal(word, CHEN)])
    beware = warning(now=NOW + 60)
    yield Story("a warning signed later replaces a vouch", [word, beware])
    yield Story("a vouch signed before is refused", [beware, word])
    yield Story("a warning is withdrawn in the same second, which forks", [
        beware, withdrawal(beware, CHEN, revision=NOW + 60),
    ])  # fmt: skip
