"""trust.json: opinions, and what they come to for whom; statements, and the opinions they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from goodword.crypto.hashing import digest
from goodword.protocol.breaches import MEANINGS, Wrong
from goodword.protocol.limits import DAY
from goodword.protocol.opinion import NEVER, Opinion, Reviewed, Said, opinions
from goodword.protocol.record import RecordId
from goodword.protocol.scope import Part, Scope
from goodword.protocol.trust import BLOCKED, Found, judge, mix
from goodword.protocol.voices import voices
from goodword.protocol.walk import walk
from goodword.protocol.word import word
from tests.make import NOW
from tests.village import Village, person

from .notation import Document, Json

YEAR: Final = 365 * DAY
ANY: Final = Scope()
BOOKS: Final = Scope(Part.SELLER, "books")
TEA: Final = Scope(Part.SELLER, "tea")
SELLER: Final = Scope(Part.SELLER)
DIGITS: Final = 12
"""After the point; libraries differ in the last bit of a power."""

CROWD: Final = tuple(f"crowd-{n}" for n in range(24))


def trusts() -> Document:
    village = _village()
    names = sorted({each for rater, subject, _ in village.said for each in (rater, subject)})
    return {
        "about": "SPEC 6: who is trusted by whom, how much, through whom, and in which word",
        "people": {name: person(name).hex() for name in names},
        "opinions": [
            {"rater": by, "subject": about, **opinion_told(each)}
            for (by, about, _), each in village.said.items()
        ],
        "walks": [_walk_told(village, names, each) for each in _viewers()],
        "judgements": [_judgement_told(village, each) for each in _asked()],
        "statements": list(_statements()),
        "mixed": [
            {"relevance": 0.5, "score": score, "is_avoided": out, "place": _told(place)}
            for score, out in [(0.5, False), (-0.5, False), (0.0, False), (0.9, True)]
            for place in [mix(0.5, score, is_avoided=out)]
        ],
    }


def _village() -> Village:
    village = Village()
    say = village.say
    # The example of SPEC 6.6.
    say("una", "ole", 0.5)
    say("una", "pam", 0.25)
    say("ole", "rex", 1.0)
    say("rex", "vera", 1.0, scope=SELLER, forward=0.0, made_at=NOW - YEAR)
    say("pam", "vera", -0.5)
    say("ann", "ben", 0.5)
    say("ann", "chen", 0.25)
    say("ben", "dora", 1.0)
    # Two near ones warn; one is good in books and bad in tea; one praises whom he depends on.
    say("ben", "wim", -1.0, made_at=NOW - 3 * YEAR)
    say("chen", "wim", -0.5, scope=SELLER, expires_at=NOW + DAY)
    say("ben", "eve", 1.0, scope=BOOKS)
    say("ben", "eve", -1.0, scope=TEA, made_at=NOW - DAY)
    say("dora", "eve", 0.25)
    say("chen", "eve", 0.5, scope=Scope(None, "books"))
    say("eve", "finn", 0.5)
    say("finn", "eve", 1.0)
    say("chen", "finn", 0.5, expires_at=NOW + YEAR)
    say("dora", "ben", 0.5)
    say("finn", "gus", 1.0, made_at=NOW + 60)
    say("gus", "hal", 1.0)
    say("hal", "ida", 1.0)
    # Ann's own word.
    say("ann", "jon", 1.0, scope=SELLER)
    say("ben", "jon", -1.0, scope=SELLER)
    say("ann", "kim", -0.5)
    say("chen", "kim", 1.0)
    say("kim", "lea", 1.0)
    say("dora", "lea", 0.0, scope=SELLER, forward=0.0)
    say("finn", "mia", 0.25, made_at=NOW - 4 * YEAR)
    _crowd(village)
    return village


def _crowd(village: Village) -> None:
    """Four opinions by each of many, drawn by a hash: any language could draw them again."""
    for by, about in zip(("ann", "ben", "chen"), CROWD, strict=False):
        village.say(by, about, 0.5)
    for n, by in enumerate(CROWD):
        drawn = digest(b"goodword/test-crowd", bytes([n]))
        for each in range(4):
            about = CROWD[drawn[each] % len(CROWD)]
            strength = (0.25, 0.5, 1.0, -0.5, -1.0)[drawn[8 + each] % 5]
            scope = (ANY, SELLER, BOOKS, TEA)[drawn[16 + each] % 4]
            if about != by:
                made_at = NOW - drawn[24 + each] * 8 * DAY
                village.say(by, about, strength, scope=scope, made_at=made_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    me: str = "ann"
    now: int = NOW
    blocked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    about: str
    subject: str
    scope: Scope = ANY
    view: View = View()
    found: tuple[Found, ...] = ()


def _viewers() -> Iterator[View]:
    yield View()
    yield View(now=NOW + 2 * YEAR)
    yield View(blocked=("ben",))
    yield View(me="una")
    yield View(me="dora")
    yield View(me="ida")
    yield View(me=CROWD[5])


def _asked() -> Iterator[Asked]:
    yield Asked(about="the example of SPEC 6.6", subject="vera", view=View(me="una"))
    later = View(me="una", now=NOW + YEAR)
    yield Asked(about="a year later", subject="vera", view=later)
    yield Asked(
        about="as a buyer: one of the two spoke of the seller",
        subject="vera",
        scope=Scope(Part.BUYER),
        view=View(me="una"),
    )
    yield Asked(about="a rater is blocked", subject="vera", view=View(me="una", blocked=("ole",)))
    yield Asked(about="two near ones warn", subject="wim")
    yield Asked(about="one of the warnings has expired", subject="wim", view=View(now=NOW + DAY))
    yield Asked(about="in all, each one's latest", subject="eve")
    yield Asked(
        about="in books: whom she praises does not lift her by it", subject="eve", scope=BOOKS
    )
    yield Asked(about="in tea, where books count little", subject="eve", scope=TEA)
    yield Asked(
        about="in salt, which nobody spoke of", subject="eve", scope=Scope(Part.SELLER, "salt")
    )
    yield Asked(about="as a moderator", subject="eve", scope=Scope(Part.MODERATOR))
    yield Asked(about="a rater two steps away, who spoke in the future", subject="gus")
    yield Asked(about="a rater three steps away", subject="hal")
    yield Asked(about="a rater four steps away", subject="ida")
    yield Asked(about="my own trust, whatever others say", subject="jon")
    yield Asked(about="my own trust is not about this", subject="jon", scope=Scope(Part.BUYER))
    yield Asked(about="my own warning", subject="kim")
    yield Asked(about="of two raters I distrust one", subject="lea")
    yield Asked(about="long ago", subject="mia")
    yield Asked(about="a rater is blocked", subject="wim", view=View(blocked=("ben",)))
    for wrong in Wrong:
        yield Asked(about=f"a breach: {wrong}", subject="gus", found=(_breach(wrong),))
    block = Found(what="blocked", strength=BLOCKED, found_at=NOW)
    yield Asked(about="a block", subject="gus", found=(block,))
    small = (_breach(Wrong.NEVER_PAID),)
    yield Asked(about="a small breach beside my own trust", subject="jon", found=small)
    for n, each in enumerate(CROWD[3:15]):
        scope = (ANY, SELLER, BOOKS, TEA)[n % 4]
        yield Asked(about="in the crowd", subject=each, scope=scope)
        yield Asked(about="in it", subject=each, scope=scope, view=View(me=CROWD[n + 4]))


def _breach(wrong: Wrong) -> Found:
    return Found(what=wrong, strength=MEANINGS[wrong].strength, found_at=NOW - YEAR)


def _walk_told(village: Village, names: Sequence[str], view: View) -> Json:
    walked = walk(village, person(view.me), view.now, frozenset(map(person, view.blocked)))
    weights = {name: walked.weight(person(name)) for name in names}
    return {
        **_view_told(view),
        "weights": {name: _told(each) for name, each in weights.items() if each},
    }


def _judgement_told(village: Village, asked: Asked) -> Json:
    view = asked.view
    walked = walk(village, person(view.me), view.now, frozenset(map(person, view.blocked)))
    judged = judge(village, walked, person(asked.subject), asked.scope, asked.found)
    heard = voices(judged)
    names = {person(each): each for pair in village.said for each in pair[:2]}
    return {
        "about": asked.about,
        **_view_told(view),
        "subject": asked.subject,
        "role": asked.scope.part,
        "category": asked.scope.category,
        "found": [
            {"what": each.what, "strength": each.strength, "found_at": each.found_at}
            for each in asked.found
        ],
        "contributions": [
            {
                "rater": names[each.rater],
                "trust": _told(each.trust),
                "weight": each.weight,
                "strength": each.strength,
                "amount": _told(each.amount),
                "found": each.found.what if each.found else None,
                "left_out": each.left_out,
                "path": [names[step.by] for step in judged.path(each)],
            }
            for each in judged.contributions
        ],
        "unreached": judged.unreached,
        "support": _told(judged.support),
        "against": _told(judged.against),
        "score": _told(judged.score),
        "reason": _told(judged.reason),
        "voices": [heard.support, heard.against],
        "only": [
            names[each] if each else None for each in (heard.only_support, heard.only_against)
        ],
        "word": word(judged, heard),
    }


def _view_told(view: View) -> dict[str, Json]:
    return {"me": view.me, "now": view.now, "blocked": list(view.blocked)}


def _told(number: float) -> float:
    return round(number, DIGITS)


# --- statements --------------------------------------------------------------------------------


def _statements() -> Iterator[Json]:
    yield _made("she knows him", [_said("know")])
    yield _made("she trusts him", [_said("trust")])
    yield _made("a warning without a deal", [_said("warn")])
    yield _made("a warning with a deal", [_said("warn", has_deal=True)])
    yield _made("she knows him, and had an order with him", [_said("know")], [_order()])
    yield _made(
        "a vouch as a seller, a receipt of a buyer", [_said("trust", SELLER)], [_order(Part.BUYER)]
    )
    yield _made(
        "a vouch as a seller in books, a receipt of a seller", [_said("trust", BOOKS)], [_order()]
    )
    yield _made("no order makes a moderator", [_said("trust", Scope(Part.MODERATOR))], [_order()])
    yield _made("but a deal does", [_said("trust", Scope(Part.MODERATOR), has_deal=True)])
    yield _made(
        "an endorsement, and a later review of the seller",
        [_said("trust", SELLER)],
        [_order(rating="bad", at=9)],
    )
    yield _made(
        "of several reviews the latest that rates",
        [],
        [_order(rating="good", at=1), _order(rating="mixed", at=2), _order(at=3)],
    )
    yield _made(
        "reviews of both roles", [], [_order(rating="good"), _order(Part.BUYER, rating="bad")]
    )
    yield _made("a receipt alone is no opinion", [], [_order()])
    yield _made("two in one scope and second", [_said("know", id_=2), _said("warn", id_=1)])
    yield _made(
        "several scopes, the latest receipt",
        [_said("know"), _said("warn", TEA)],
        [_order(at=1), _order(at=2)],
    )


def _said(
    strength: str,
    scope: Scope = ANY,
    *,
    has_deal: bool = False,
    id_: int = 0,
) -> Said:
    named = digest(b"goodword/test-source", f"{strength} {scope}".encode())
    return Said(
        role=scope.part,
        category=scope.category,
        strength=strength,
        made_at=NOW,
        expires_at=NOW + YEAR,
        has_deal=has_deal,
        source=RecordId(bytes([id_]) * 32 if id_ else named),
    )


def _order(part: Part = Part.SELLER, *, rating: str | None = None, at: int = 0) -> Reviewed:
    source = digest(b"goodword/test-source", f"{part} {rating} {at}".encode())
    return Reviewed(role=part, rating=rating, made_at=NOW + at, source=RecordId(source))


def _made(about: str, said: Sequence[Said], reviewed: Sequence[Reviewed] = ()) -> Json:
    made = opinions(person("ann"), person("ben"), said, reviewed)
    return {
        "about": about,
        "said": [
            {
                "role": each.role,
                "category": each.category,
                "strength": each.strength,
                "made_at": each.made_at,
                "expires_at": each.expires_at,
                "has_deal": each.has_deal,
                "source": each.source.hex(),
            }
            for each in said
        ],
        "reviewed": [
            {
                "role": each.role,
                "rating": each.rating,
                "made_at": each.made_at,
                "source": each.source.hex(),
            }
            for each in reviewed
        ],
        "opinions": [opinion_told(each) for each in made],
    }


def opinion_told(opinion: Opinion) -> dict[str, Json]:
    return {
        "role": opinion.role,
        "category": opinion.category,
        "strength": opinion.strength,
        "forward": opinion.forward,
        "made_at": opinion.made_at,
        "expires_at": None if opinion.expires_at == NEVER else opinion.expires_at,
        "sources": [each.hex() for each in opinion.sources],
    }
