"""How much reason there is to trust somebody, from real records to the answer of the API."""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from pathlib import Path
from typing import Any, cast

import pytest

from goodword.crypto.address import from_address, to_address
from goodword.crypto.person import Person
from goodword.node.reading import Misunderstood, NotFound
from goodword.node.trusting import APART_MAX, BRIEF_MAX, EVIDENCE_MAX, WALK_SECONDS
from goodword.protocol import endorsement
from goodword.protocol import review as reviews
from goodword.protocol.endorsement import Strength
from goodword.protocol.entry import Event, Role
from goodword.protocol.limits import DAY
from goodword.protocol.record import Record, RecordId
from goodword.protocol.review import Rating
from goodword.protocol.scope import Part, Scope
from goodword.protocol.walk import DAMPING, LEVELS
from goodword.storage import records
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    chain,
    contract,
    deal,
    fresh,
    listing,
    profile,
    propose,
    review,
    say,
    vouch,
    withdrawal,
)
from tests.world import Shown, Trader, traders

EVE = fresh("Eve")
TRUST, WARN = Strength.TRUST, Strength.WARN
FRIENDS = (vouch(ANN, CHEN.public_key), vouch(ANN, DAI.public_key))
"""Ann knows Chen and Dai alike."""
HALF = DAMPING / 2
"""T of each of them."""

TWICE = [profile(BEN, name=name, revision=7) for name in ("Ben", "Bob")]
SALE = listing()
OPENING = propose(contract(SALE))
PAID = chain(OPENING, (BEN, Event.ACCEPT), (BEN, Event.PAY_RECEIVED))
LATE = say(ANN, Event.TIMEOUT, PAID, now=PAID[-1].made_at + 3 * DAY)


@pytest.fixture
def ann(tmp_path: Path) -> Generator[Trader]:
    """Ann, who has friends, and asks about Ben."""
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(*FRIENDS)
        yield ann


async def asked(of: Trader, person: Person = BEN, **scope: str) -> Shown:
    answer: Any = await of.trusting.show(person=to_address(person.public_key), **scope)
    return dict(answer)


async def word(of: Trader, person: Person = BEN, **scope: str) -> str:
    return str((await asked(of, person, **scope))["word"])


def from_ben(by: Person, **more: Any) -> Record:
    """`by` warns of Ben, and they dealt."""
    return vouch(by, BEN.public_key, strength=WARN, deal=deal(BEN, by), **more)


# --- words -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    word: str
    said: Sequence[Record]
    against: float = 0.0
    support: float = 0.0


CASES = {
    "nobody speaks": Case("no opinion", []),
    "a stranger speaks": Case("no opinion", [vouch(EVE, BEN.public_key)]),
    "a friend who bought is torn": Case("little known", [review(CHEN, BEN, rating=Rating.MIXED)]),
    "a friend vouches": Case("some reason", [vouch(CHEN, BEN.public_key)], support=HALF * 0.5),
    "a friend who dealt vouches": Case(
        "some reason", [vouch(CHEN, BEN.public_key, deal=deal(BEN, CHEN))], support=HALF
    ),
    "a friend bought": Case("some reason", [review(CHEN, BEN)], support=HALF),
    "two friends vouch": Case(
        "known, good",
        [vouch(each, BEN.public_key, strength=TRUST) for each in (CHEN, DAI)],
        support=2 * HALF * sqrt(0.5),
    ),
    "I trust him": Case(
        "known, good", [vouch(ANN, BEN.public_key, strength=TRUST)], support=sqrt(0.5)
    ),
    "I only know him": Case("some reason", [vouch(ANN, BEN.public_key)], support=0.5),
    "a friend warns": Case(
        "warned", [vouch(CHEN, BEN.public_key, strength=WARN)], against=HALF * 0.5
    ),
    "a friend who dealt warns": Case("warned", [from_ben(CHEN)], against=HALF),
    "a friend who bought has a receipt, and warns": Case(
        "warned",
        [review(CHEN, BEN, rating=None), vouch(CHEN, BEN.public_key, strength=WARN, now=NOW + 1)],
        against=HALF,
    ),
    "a friend bought badly": Case("warned", [review(CHEN, BEN, rating=Rating.BAD)], against=HALF),
    "one for and one against": Case(
        "warned",
        [vouch(CHEN, BEN.public_key), vouch(DAI, BEN.public_key, strength=WARN)],
        support=HALF * 0.5,
        against=HALF * 0.5,
    ),
    "two friends warn": Case(
        "avoid",
        [vouch(each, BEN.public_key, strength=WARN) for each in (CHEN, DAI)],
        against=2 * HALF * 0.5,
    ),
    "I warn": Case("avoid", [vouch(ANN, BEN.public_key, strength=WARN)], against=0.5),
    "he said two things at once": Case("warned", TWICE, against=0.25),
    "he broke an order of mine": Case("avoid", [SALE, *PAID, LATE], against=1.0),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_each_word_is_reached_by_records(ann: Trader, case: Case) -> None:
    ann.watch.forward(1)
    if LATE in case.said:
        ann.watch.now = LATE.made_at
    ann.admit(*case.said)
    told = await asked(ann)
    assert told["word"] == case.word
    assert told["support"] == pytest.approx(case.support, rel=1e-6)
    assert told["against"] == pytest.approx(case.against, rel=1e-6)
    assert told["score"] == score(told)
    is_known = told["support"] + told["against"]
    assert told["reason"] == is_known / (is_known + told["kappa"])


def test_all_six_words_are_in_the_table() -> None:
    words = {each.word for each in CASES.values()}
    assert words == {
        *("no opinion", "little known", "some reason", "known, good", "warned", "avoid")
    }


async def test_a_buyer_who_never_pays_is_held_against_her_by_the_seller(tmp_path: Path) -> None:
    with traders(tmp_path, [BEN]) as (ben,):
        agreed = chain(OPENING, (BEN, Event.ACCEPT))
        over = say(BEN, Event.TIMEOUT, agreed, now=NOW + 60 * DAY)
        ben.watch.now = over.made_at
        ben.admit(SALE, *agreed, over)
        told = await asked(ben, ANN, role="buyer")
        (found,) = told["findings"]
        assert (told["word"], found["what"]) == ("warned", "never_paid")
        assert (found["order"], found["records"]) == (OPENING.slot.hex(), [])


async def test_a_proof_and_a_broken_order_say_what_shows_them(ann: Trader) -> None:
    ann.watch.now = LATE.made_at
    ann.admit(*TWICE, SALE, *PAID, LATE)
    told = await asked(ann)
    broken, forked = sorted(told["findings"], key=lambda each: float(each["amount"]))
    assert (broken["what"], broken["order"]) == ("not_delivered", OPENING.slot.hex())
    assert broken["text"] == "had the money and did not ship in time"
    assert forked["what"] == "two_versions"
    assert set(forked["records"]) == {each.id.hex() for each in TWICE}
    assert told["against"] == -fsum(each["amount"] for each in told["findings"])


# --- the sum -----------------------------------------------------------------------------------


def score(told: Shown) -> float:
    """As the formula has it."""
    good, bad = float(told["support"]), float(told["lambda"]) * float(told["against"])
    return (good - bad) / (good + bad + float(told["kappa"]))


def parts(told: Shown, sign: int) -> list[float]:
    """What is added up to one side."""
    spoken = [each["amount"] for each in told["evidence"] if each["is_counted"]]
    found = [each["amount"] for each in told["findings"]]
    rest = told["rest"]["support"], -told["rest"]["against"]
    return [abs(each) for each in (*spoken, *found, *rest) if sign * each > 0]


def town(seed: int) -> list[Record]:
    """Twenty who vouch, warn and review at will; Ann knows some of them."""
    dice = random.Random(seed)
    people = [ANN, BEN, CHEN, DAI, *(fresh(f"town {n}") for n in range(16))]
    made: list[Record] = []
    for n in range(160):
        by, about = dice.sample(people, 2)
        now = NOW - dice.randrange(300 * DAY)
        part = dice.choice((None, None, Part.SELLER, Part.BUYER))
        match dice.randrange(4):
            case 0:
                rating = dice.choice((*Rating, None))
                made.append(review(by, about, order=f"{n}", rating=rating, now=now))
            case 1 if by != ANN:
                made.append(vouch(by, about.public_key, strength=WARN, part=part, now=now))
            case _:
                strength = dice.choice((TRUST, Strength.KNOW))
                category = dice.choice((None, "tea", "cups"))
                made.append(
                    vouch(
                        by,
                        about.public_key,
                        strength=strength,
                        part=part,
                        category=category,
                        now=now,
                    )
                )
    return made


@pytest.mark.parametrize("seed", range(5))
async def test_the_score_is_the_sum_of_what_is_shown(tmp_path: Path, seed: int) -> None:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.intake.admit_many([each.to_bytes() for each in town(seed)])
        is_spoken_of = False
        for person in (BEN, CHEN, DAI):
            for scope in ({}, {"role": "seller"}, {"category": "tea"}):
                told = await asked(ann, person, **scope)
                assert told["support"] == fsum(parts(told, 1))
                assert told["against"] == fsum(parts(told, -1))
                assert told["score"] == score(told)
                assert told["rest"] == {"people": 0, "support": 0.0, "against": 0.0}
                is_spoken_of |= bool(told["evidence"])
                for each in told["evidence"]:
                    check_voice(ann, each, person)
        assert is_spoken_of


def check_voice(of: Trader, voice: Shown, about: Person) -> None:
    """Its path leads from me to who speaks, and every id is a record that says what is told."""
    rater = from_address(str(voice["rater"]["address"]))
    at = of.me
    if not voice["path"] and not voice["is_me"]:  # no way leads to whom I distrust
        assert (voice["is_counted"], voice["amount"]) == (False, 0.0)
        at = rater
    for leg in voice["path"]:
        start, end = (from_address(str(leg[side]["address"])) for side in ("from", "to"))
        assert start == at
        said = endorsement.read(proof := stored(of, leg["records"][0]))
        assert (proof.author, said.about, said.strength.value) == (start, end, leg["says"])
        assert said.is_vouch
        at = end
    assert at == rater
    assert len(voice["path"]) == voice["steps"] <= LEVELS
    for record_id in voice["records"]:
        proof = stored(of, record_id)
        assert proof.author == rater
        if proof.kind == endorsement.KIND:
            assert endorsement.read(proof).about == about.public_key
        else:
            assert reviews.read(proof).about == about.public_key
    proof = stored(of, voice["records"][0])
    assert proof.made_at == voice["made_at"]
    if proof.kind == endorsement.KIND:
        said = endorsement.read(proof)
        assert (voice["says"], voice["text"]) == (said.strength.value, said.how)
        assert said.scope == Scope(
            Part(voice["role"]) if voice["role"] else None, voice["category"]
        )
    else:
        rated = reviews.read(proof)
        assert rated.rating is not None
        assert voice["says"] == rated.rating.value


def stored(of: Trader, record_id: str) -> Record:
    with of.database.reading() as db:
        found = records.get(db, RecordId(bytes.fromhex(record_id)))
    assert found is not None
    return found


async def test_what_is_more_than_fifty_is_told_as_a_sum(ann: Trader) -> None:
    number = EVIDENCE_MAX + 13
    crowd = [fresh(f"voice {n}") for n in range(number)]
    ann.admit(
        *(vouch(ANN, each.public_key) for each in crowd),
        *(
            vouch(each, BEN.public_key, strength=WARN if n % 5 == 4 else Strength.KNOW)
            for n, each in enumerate(crowd)
        ),
    )
    told = await asked(ann)
    assert (len(told["evidence"]), told["rest"]["people"]) == (EVIDENCE_MAX, 13)
    warners = sum(n % 5 == 4 for n in range(number))
    each = DAMPING / (number + 2) / 2
    assert told["support"] == pytest.approx((number - warners) * each, rel=1e-6)
    assert told["against"] == pytest.approx(warners * each, rel=1e-6)
    assert fsum(parts(told, 1)) == pytest.approx(told["support"], rel=1e-15)
    assert fsum(parts(told, -1)) == pytest.approx(told["against"], rel=1e-15)
    assert told["voices"]["for"] == told["voices"]["against"] == 5


async def test_beside_a_listing_it_is_brief_and_of_the_same_sum(ann: Trader) -> None:
    ann.admit(SALE, *(vouch(each, BEN.public_key) for each in (CHEN, DAI)))
    for n in range(4):
        friend = fresh(f"friend {n}")
        ann.admit(vouch(ANN, friend.public_key), vouch(friend, BEN.public_key))
    shown: Any = (await ann.market.show(listing=SALE.slot.hex()))["trust"]
    whole = await asked(ann, role="seller")
    assert (len(shown["evidence"]), shown["rest"]["people"]) == (BRIEF_MAX, 6 - BRIEF_MAX)
    assert (shown["word"], shown["score"]) == (whole["word"], whole["score"])
    assert shown["evidence"] == whole["evidence"][:BRIEF_MAX]


# --- scopes ------------------------------------------------------------------------------------


async def test_a_brief_is_told_again_until_anything_changes(ann: Trader) -> None:
    ann.admit(vouch(CHEN, BEN.public_key))

    async def told() -> Shown:
        of = await ann.trusting.of({Part.SELLER: BEN.public_key})
        return dict(cast("Shown", of["seller"]))

    async def through() -> Shown:
        evidence = (await told())["evidence"]
        return dict(evidence[0]["path"][0])

    before = await through()
    assert await through() == before
    ann.reputation.name(person=to_address(CHEN.public_key), petname="Chen of the tea house")
    assert (await through())["to"]["petname"] == "Chen of the tea house"
    ann.reputation.block(person=to_address(BEN.public_key))
    assert (await told())["word"] == "avoid"
    ann.reputation.unblock(person=to_address(BEN.public_key))
    ann.admit(withdrawal(vouch(CHEN, BEN.public_key), CHEN, now=NOW + 1))
    assert (await told())["word"] == "no opinion"


async def test_a_bad_buyer_is_a_good_seller(ann: Trader) -> None:
    ann.admit(
        *(review(each, BEN, order=f"{n}", now=NOW - 1) for n, each in enumerate((CHEN, DAI))),
        *(vouch(each, BEN.public_key, strength=WARN, part=Part.BUYER) for each in (CHEN, DAI)),
    )
    assert await word(ann, role="seller") == "known, good"
    assert await word(ann, role="buyer") == "avoid"
    assert await word(ann, role="moderator") == "no opinion"
    told = await asked(ann)
    apart = {each["role"]: each["word"] for each in told["apart"]}
    assert apart == {"seller": "known, good", "buyer": "avoid"}


async def test_whom_only_he_knows_do_not_fill_the_list_of_roles(ann: Trader) -> None:
    strangers = [fresh(f"stranger {n}") for n in range(2 * APART_MAX)]
    ann.admit(
        *(
            vouch(each, BEN.public_key, part=Part.AGENT, category=f"a{n}")
            for n, each in enumerate(strangers)
        ),
        vouch(CHEN, BEN.public_key, part=Part.BUYER),
        vouch(DAI, BEN.public_key, strength=WARN, part=Part.SELLER),
        *(vouch(BEN, each.public_key) for each in strangers),
    )
    buyer, seller = (await asked(ann))["apart"]
    assert (buyer["role"], buyer["word"]) == ("buyer", "some reason")
    assert (seller["role"], seller["word"]) == ("seller", "warned")


async def test_another_category_counts_for_less(ann: Trader) -> None:
    ann.admit(vouch(CHEN, BEN.public_key, category="slow-food"))
    same, other = [await asked(ann, category=each) for each in ("Slow  Food", "cups")]
    assert (same["category"], other["category"]) == ("slow-food", "cups")
    assert [each["evidence"][0]["weight"] for each in (same, other)] == [1.0, 0.3]
    assert other["support"] == pytest.approx(0.3 * same["support"], rel=1e-12)
    assert (await asked(ann))["support"] == same["support"]


@pytest.mark.parametrize("role", ["friend", "Seller", "SELLER ", "0"])
async def test_what_is_no_role_is_said_so(ann: Trader, role: str) -> None:
    with pytest.raises(Misunderstood, match="is no role") as caught:
        await asked(ann, role=role)
    assert caught.value.hint == "it is one of seller, buyer, agent, moderator, support"


@pytest.mark.parametrize("category", ["a/b", "x" * 41, "a--b", "\x1b[2J"])
async def test_what_is_no_category_is_said_so(ann: Trader, category: str) -> None:
    with pytest.raises(Misunderstood, match="category: ") as caught:
        await asked(ann, category=category)
    assert caught.value.hint


async def test_whom_nobody_knows_is_said_so(ann: Trader) -> None:
    with pytest.raises(NotFound, match="nobody is called 'Zoe' here"):
        await ann.trusting.show(person="Zoe")


async def test_of_myself_i_hear_what_others_say_and_no_word_of_mine(ann: Trader) -> None:
    ann.admit(vouch(CHEN, ANN.public_key))
    told = await asked(ann, ANN)
    assert (told["is_me"], told["apart"]) == (True, [])
    assert told["person"]["address"] == ann.address


# --- my own word -------------------------------------------------------------------------------


async def test_my_own_experience_sets_the_others_aside(ann: Trader) -> None:
    ann.admit(*(vouch(each, BEN.public_key, strength=TRUST) for each in (CHEN, DAI)))
    before = await asked(ann)
    ann.endorsing.warn(person=to_address(BEN.public_key), because="nothing came")
    told = await asked(ann)
    assert (told["word"], told["support"]) == ("avoid", 0.0)
    assert [each["is_me"] for each in told["evidence"]] == [True, False, False]
    assert [each["is_counted"] for each in told["evidence"]] == [True, False, False]
    assert told["evidence"][0]["path"] == []
    ann.endorsing.unwarn(person=to_address(BEN.public_key))
    assert await asked(ann) == before


async def test_a_block_weighs_at_once_and_leaves_no_trace(ann: Trader) -> None:
    ann.admit(*(vouch(each, BEN.public_key) for each in (CHEN, DAI)))
    before = await asked(ann)
    ann.reputation.block(person=to_address(BEN.public_key))
    told = await asked(ann)
    assert (told["word"], told["is_blocked"], told["against"]) == ("avoid", True, 1.0)
    (found,) = told["findings"]
    assert (found["what"], found["records"], found["order"]) == ("blocked", [], None)
    assert not any(each["is_counted"] for each in told["evidence"])
    ann.reputation.unblock(person=to_address(BEN.public_key))
    assert await asked(ann) == before


async def test_whom_i_blocked_is_not_listened_to(ann: Trader) -> None:
    ann.admit(vouch(CHEN, BEN.public_key), vouch(CHEN, EVE.public_key), vouch(EVE, BEN.public_key))
    assert len((await asked(ann))["evidence"]) == 2
    ann.reputation.block(person=to_address(CHEN.public_key))
    told = await asked(ann)
    (chen,) = told["evidence"]
    assert (told["word"], chen["is_counted"], chen["steps"]) == ("no opinion", False, 0)


# --- through whom ------------------------------------------------------------------------------


async def test_where_all_hangs_on_one_friend_she_is_named(ann: Trader) -> None:
    crowd = [fresh(f"fake {n}") for n in range(6)]
    ann.admit(
        *(vouch(CHEN, each.public_key) for each in crowd),
        *(vouch(each, BEN.public_key, strength=TRUST) for each in crowd),
    )
    told = await asked(ann)
    assert (told["word"], told["voices"]["for"]) == ("some reason", 1)
    assert told["voices"]["for_through"]["address"] == to_address(CHEN.public_key)
    assert told["voices"]["against_through"] is None
    ann.admit(vouch(DAI, BEN.public_key))
    told = await asked(ann)
    assert (told["word"], told["voices"]["for"]) == ("known, good", 2)
    assert told["voices"]["for_through"] is None


async def test_a_path_of_three_steps_is_told_and_of_four_is_none(ann: Trader) -> None:
    far = [fresh(f"far {n}") for n in range(4)]
    row = [CHEN, *far]
    ann.admit(*(vouch(one, other.public_key) for one, other in zip(row, far, strict=False)))
    ann.admit(vouch(far[1], BEN.public_key))
    (voice,) = (await asked(ann))["evidence"]
    assert [leg["to"]["address"] for leg in voice["path"]] == [
        to_address(each.public_key) for each in (CHEN, far[0], far[1])
    ]
    check_voice(ann, voice, BEN)
    ann.admit(vouch(far[2], BEN.public_key))
    assert len((await asked(ann))["evidence"]) == 1


# --- as soon as something changes --------------------------------------------------------------


async def test_what_is_revoked_leaves_no_trace(ann: Trader) -> None:
    ann.admit(vouch(CHEN, BEN.public_key, strength=WARN))
    before = await asked(ann)
    added = vouch(DAI, BEN.public_key, strength=TRUST, part=Part.SELLER)
    ann.admit(added)
    assert (await asked(ann))["score"] > before["score"]
    ann.watch.forward(1)
    ann.admit(withdrawal(added, DAI, revision=NOW + 1))
    ann.watch.forward(-1)
    assert await asked(ann) == before


async def test_a_vouch_between_others_is_heard_with_the_next_question(ann: Trader) -> None:
    ann.admit(vouch(EVE, BEN.public_key))
    assert await word(ann) == "no opinion"
    between = vouch(DAI, EVE.public_key)
    ann.admit(between)
    assert await word(ann) == "some reason"
    ann.watch.forward(1)
    ann.admit(withdrawal(between, DAI, revision=NOW + 1))
    assert await word(ann) == "no opinion"


async def test_what_expires_is_over_within_a_minute(ann: Trader) -> None:
    ann.admit(vouch(CHEN, BEN.public_key, seconds=30))
    assert await word(ann) == "some reason"
    ann.watch.forward(WALK_SECONDS)
    assert await word(ann) == "no opinion"


async def test_an_old_word_weighs_less(ann: Trader) -> None:
    ann.admit(review(CHEN, BEN))
    (before,) = (await asked(ann))["evidence"]
    ann.watch.forward(364 * DAY)  # the friendships are nearly over
    (after,) = (await asked(ann))["evidence"]
    assert after["amount"] == pytest.approx(before["amount"] * sqrt(0.5 ** (364 / 365)), rel=1e-6)
    assert after["strength"] == before["strength"] == 1.0


async def test_who_reads_while_a_vouch_comes_does_not_keep_what_was_before(ann: Trader) -> None:
    """His walk is of the moment in which he began; the next one must not take it for new."""
    ann.admit(vouch(EVE, BEN.public_key))
    with ann.reader.reading() as db:
        assert records.get(db, FRIENDS[0].id) is not None
        ann.admit(vouch(DAI, EVE.public_key))
        told: Any = ann.trusting.told(db, BEN.public_key, Scope(), EVIDENCE_MAX)
        assert told["word"] == "no opinion"
    assert await word(ann) == "some reason"


async def test_a_restart_changes_nothing(ann: Trader) -> None:
    ann.admit(vouch(CHEN, BEN.public_key), review(DAI, BEN, role=Role.BUYER))
    before = await asked(ann)
    ann.restart()
    assert await asked(ann) == before
