"""Evidence: one file proves an order, and says what it does not prove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.keys import Identity
from goodword.crypto.person import Person
from goodword.protocol import evidence, record
from goodword.protocol.codec import Value, decode, encode
from goodword.protocol.entry import Event, Role
from goodword.protocol.evidence import MAGIC, Evidence, examine
from goodword.protocol.findings import MEANINGS, Code, Finding
from goodword.protocol.limits import DAY, EVIDENCE_BYTES_MAX, EVIDENCE_RECORDS_MAX
from goodword.protocol.listing import read as read_listing
from goodword.protocol.order import fold
from goodword.protocol.record import Record
from goodword.protocol.rounds import rounds
from goodword.protocol.table import State
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    altered,
    chain,
    contract,
    entries_of,
    listing,
    profile,
    propose,
    review,
    say,
    terms,
    withdrawal,
    write,
)

from .ways import AGREED, AT, OPENING, step

LATER = NOW + 100 * DAY
LISTING = listing()
SALE = AT[State.COMPLETED]
DISPUTED = AT[State.DISPUTED]
SOUND = evidence.write(AGREED.id, LISTING, SALE)


def examined(
    entries: Sequence[Record],
    of: Record | None = LISTING,
    others: Sequence[Record] = (),
    *,
    now: int = LATER,
) -> Evidence:
    return examine(evidence.write(AGREED.id, of, entries, others), now)


def codes(found: Evidence) -> list[Code]:
    return [each.code for each in found.findings]


def only(found: Evidence) -> Finding:
    (finding,) = found.findings
    return finding


def spelled(
    magic: Value = MAGIC,
    order: Value = AGREED.id,
    of: Value = None,
    entries: Value = (),
    others: Value = (),
) -> bytes:
    return encode([magic, order, of, entries, others])


# --- what holds --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_a_file_proves_the_order_that_its_entries_make(state: State) -> None:
    found = examined(AT[state])
    assert found.findings == ()
    assert found.is_sound
    assert found.id == AGREED.id
    assert found.order == fold(entries_of(AT[state]).values())
    assert found.listing == LISTING


def test_a_plain_sale_is_at_most_4_kb() -> None:
    sale = chain(
        propose(contract(note="by the gate, please")),
        *((BEN, Event.ACCEPT), (ANN, Event.PAY_SENT), (BEN, Event.PAY_RECEIVED)),
        *((BEN, Event.FULFIL), (ANN, Event.CONFIRM), (BEN, Event.ACKNOWLEDGE)),
    )
    described = listing(text="Red and crisp, picked last week. " * 10, region="Berlin")
    assert len(evidence.write(contract().id, described, sale)) <= 4_096


@given(st.permutations(SALE), st.permutations(DISPUTED))
def test_the_order_in_the_file_does_not_matter(sale: list[Record], dispute: list[Record]) -> None:
    for entries, sorted_ in ((sale, SALE), (dispute, DISPUTED)):
        data = spelled(of=LISTING.to_bytes(), entries=[each.to_bytes() for each in entries])
        assert examine(data, LATER) == examined(sorted_)


def test_both_sides_write_the_same_bytes() -> None:
    assert evidence.write(AGREED.id, LISTING, SALE[::-1]) == SOUND


def test_a_record_twice_is_one_record() -> None:
    assert examined([*SALE, SALE[2]]) == examined(SALE)


def test_an_overtaken_entry_is_void_and_no_finding() -> None:
    both = [OPENING, step(BEN, Event.ACCEPT, [OPENING]), step(ANN, Event.WITHDRAW, [OPENING])]
    paid = step(ANN, Event.PAY_SENT, both[:2])
    found = examined([*both[:2], paid, step(BEN, Event.REJECT, both[:2])])
    assert found.findings == ()
    assert found.order is not None
    assert [void.entry.event for void in found.order.void] == [Event.REJECT]


def test_each_round_says_what_it_changed() -> None:
    counter = step(BEN, Event.COUNTER, [OPENING])
    order = examined([OPENING, counter, step(ANN, Event.ACCEPT, [OPENING, counter])]).order
    assert order is not None
    first, second = rounds(order, read_listing(LISTING))
    assert first.changes == {}
    assert second.changes == {"shipping": (0, 300), "total": ([2_500, "EUR"], [2_800, "EUR"])}
    assert second.after == order.terms


def test_rounds_begin_with_what_the_listing_asks() -> None:
    haggled = contract(LISTING, price=terms().price.times(1), quantity=2, note="by Friday")
    order = fold(entries_of([propose(haggled)]).values())
    (only_round,) = rounds(order, None)
    assert only_round.changes == {}
    dear = listing(price="90071992547409.91 EUR")
    (only_round,) = rounds(order, read_listing(dear))
    assert only_round.changes == {}, "two of these cost more than money can be"


# --- any bytes ---------------------------------------------------------------------------------


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_found_malformed(data: bytes) -> None:
    assert codes(examine(data, LATER)) == [Code.MALFORMED]


SIGNED = [each.to_bytes() for each in SALE]
BEGINNINGS = [set(SIGNED[:count]) for count in range(1, len(SIGNED) + 1)]


@given(
    st.lists(st.binary(max_size=80) | st.sampled_from(SIGNED)),
    st.none() | st.binary(max_size=80),
)
def test_any_records_are_read_or_found_altered(entries: list[bytes], of: bytes | None) -> None:
    found = examine(spelled(of=of, entries=entries), LATER)
    assert found.is_sound is (of is None and set(entries) in BEGINNINGS)
    assert set(found.entries) <= {each.id for each in SALE}
    assert (found.order is None) is (not found.entries)
    assert found.listing is None


@pytest.mark.parametrize("part", range(8))
def test_one_flipped_byte_is_always_noticed(part: int) -> None:
    """Every byte, in eight parts: one bit of each, another bit in each part."""
    for place in range(part, len(SOUND), 8):
        data = bytearray(SOUND)
        data[place] ^= 1 << part
        assert not examine(bytes(data), LATER).is_sound, place


@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255))
def test_one_changed_byte_is_always_noticed(place: int, change: int) -> None:
    data = bytearray(SOUND)
    data[place] ^= change
    assert not examine(bytes(data), LATER).is_sound


@given(st.integers(0, len(SOUND) - 1))
def test_a_file_cut_short_is_always_noticed(length: int) -> None:
    assert codes(examine(SOUND[:length], LATER)) == [Code.MALFORMED]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not one whole msgpack value"),
        (SOUND + b"\0", "not one whole msgpack value"),
        (SOUND + SOUND, "not one whole msgpack value"),
        (spelled(magic="goodword/evidence/2"), f"does not begin with {MAGIC}"),
        (spelled(magic=1), "expected"),
        (spelled(order=bytes(31)), "expected"),
        (spelled(of=[]), "expected"),
        (spelled(entries=[1]), "not bytes"),
        (spelled(others=["a"]), "not bytes"),
        (spelled(entries=[b""] * 100, others=[b""] * 29), f"more than {EVIDENCE_RECORDS_MAX}"),
        (encode([MAGIC, AGREED.id, None, []]), "expected"),
        (encode([MAGIC, AGREED.id, None, [], [], []]), "expected"),
        (bytes(EVIDENCE_BYTES_MAX + 1), "the limit is"),
    ],
)
def test_what_is_no_evidence_file_says_why(data: bytes, why: str) -> None:
    found = examine(data, LATER)
    assert only(found).code is Code.MALFORMED
    assert why in str(only(found))
    assert (found.is_sound, found.order, found.entries) == (False, None, {})


def test_the_largest_honest_file_fits() -> None:
    whole = EVIDENCE_RECORDS_MAX * 32 * 1024
    assert whole == EVIDENCE_BYTES_MAX
    assert len(spelled(entries=[b""] * EVIDENCE_RECORDS_MAX)) > EVIDENCE_RECORDS_MAX


# --- what was left out -------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(len(SALE) - 1))
def test_an_entry_left_out_is_named_by_who_follows_it(place: int) -> None:
    found = examined([each for n, each in enumerate(SALE) if n != place])
    gaps = [each for each in found.findings if each.code is Code.HIDDEN_ENTRY]
    assert [(each.record, each.other_record) for each in gaps] == [
        (SALE[place + 1].id, SALE[place].id)
    ]
    assert SALE[place].id.hex()[:8] in str(gaps[0])
    assert SALE[place + 1].id.hex()[:8] in str(gaps[0])
    assert not found.is_sound


def test_what_stands_before_a_gap_is_still_proved() -> None:
    found = examined([*SALE[:2], *SALE[3:]])
    assert found.order == fold(entries_of(SALE[:2]).values())
    unfounded = [each for each in found.findings if each.code is Code.UNFOUNDED]
    assert [(each.record, each.other_record) for each in unfounded] == [
        (after.id, before.id) for before, after in pairwise(SALE[3:])
    ]


def test_a_missing_end_shows_nowhere() -> None:
    """Known, and said: nobody can prove that nothing more was said."""
    assert examined(SALE[:-1]).is_sound
    assert "after the last entries" in evidence.LIMITS[0]


def test_without_a_proposal_there_is_no_order() -> None:
    for entries in ([], SALE[1:]):
        found = examined(entries)
        assert found.order is None
        assert Code.NO_ORDER in codes(found)


def test_a_listing_left_out_is_said() -> None:
    found = examined(SALE, None)
    assert codes(found) == [Code.NO_LISTING]
    assert found.is_sound
    assert found.listing is None


# --- what does not belong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (listing(text="as new"), "the contract names the record"),
        (listing(revision=1), "the contract names the record"),
        (listing(nonce=b"m" * 16), "the contract names the record"),
        (listing(DAI), "the contract names the record"),
        (profile(BEN), "the contract names the record"),
        (withdrawal(LISTING, BEN), "the contract names the record"),
    ],
)
def test_another_listing_is_found_foreign(of: Record, why: str) -> None:
    found = examined(SALE, of)
    assert only(found).code is Code.FOREIGN_LISTING
    assert why in str(only(found))
    assert found.listing is None


@pytest.mark.parametrize(
    ("named", "why"),
    [
        (listing(title="a crate of pears"), "title"),
        (listing(nonce=b"m" * 16), "slot"),
        (listing(quantity=1), "2 wanted, the listing has 1"),
        (listing(questions=["which colour?"]), "questions"),
        (withdrawal(LISTING, BEN), "offers nothing"),
        (profile(BEN), "offers nothing"),
    ],
)
def test_a_contract_that_departs_from_the_listing_it_names_is_found(
    named: Record, why: str
) -> None:
    agreed = replace(contract(quantity=2), listing=named.id)
    found = examine(evidence.write(agreed.id, named, [propose(agreed)]), LATER)
    assert only(found).code is Code.FOREIGN_LISTING
    assert why in str(only(found))


def test_an_entry_of_another_order_is_found_foreign() -> None:
    other = propose(contract(nonce=b"p" * 32))
    found = examined([*SALE, other, profile(ANN)])
    assert codes(found) == [Code.FOREIGN_ENTRY] * 2
    assert {each.record for each in found.findings} == {other.id, profile(ANN).id}
    assert found.order == examined(SALE).order


def test_a_record_of_a_stranger_or_of_another_order_is_found_foreign() -> None:
    found = examined(SALE, others=[profile(ANN), profile(DAI)])
    assert codes(found) == [Code.FOREIGN_RECORD] * 2
    assert found.others == ()


def reviewed(author: Person, about: Person, role: Role) -> Record:
    return review(author, about, order=AGREED.id, role=role, now=LATER)


def test_what_the_parties_say_of_each_other_belongs_to_it() -> None:
    both = [reviewed(ANN, BEN, Role.BUYER), reviewed(BEN, ANN, Role.SELLER)]
    said = [*both, withdrawal(both[0], ANN)]
    found = examined(SALE, others=said)
    assert found.findings == ()
    assert sorted(each.id for each in found.others) == sorted(each.id for each in said)


@pytest.mark.parametrize(
    "strange",
    [
        reviewed(ANN, DAI, Role.BUYER),
        reviewed(DAI, BEN, Role.BUYER),
        reviewed(ANN, BEN, Role.SELLER),
    ],
)
def test_a_review_between_others_is_found_foreign(strange: Record) -> None:
    assert codes(examined(SALE, others=[strange])) == [Code.FOREIGN_RECORD]


def test_a_review_without_a_licence_is_against_the_rules() -> None:
    forged = altered(reviewed(ANN, BEN, Role.BUYER), ANN, count=2)
    assert only(examined(SALE, others=[forged])).rule == "review.no_licence"


def test_an_unknown_kind_is_said_and_harms_nobody() -> None:
    new = record.make(ANN.identity, "praise", {}, slot=AGREED.id, revision=0, now=NOW)
    found = examined(SALE, others=[new])
    assert codes(found) == [Code.UNKNOWN_RECORD]
    assert found.is_sound
    assert codes(examined(SALE, new)) == [Code.FOREIGN_LISTING]


# --- what nobody signed, or nobody may ---------------------------------------------------------


def test_a_forged_signature_is_found() -> None:
    forged = record.read(SALE[-1].to_bytes())
    data = encode([forged.signed, DAI.identity.sign(forged.signed)])
    told = [*(each.to_bytes() for each in SALE[:-1]), data]
    found = examine(spelled(of=LISTING.to_bytes(), entries=told), LATER)
    assert only(found).code is Code.ALTERED
    assert only(found).rule == "record.bad_signature"
    assert found.order == fold(entries_of(SALE[:-1]).values())


def test_a_stranger_in_a_partys_name_is_against_the_rules() -> None:
    as_ben = write(DAI, AGREED, Event.ACCEPT, role=Role.SELLER, seen=frozenset({OPENING.id}))
    found = examined([OPENING, as_ben])
    assert only(found).rule == "order.bad_binding"
    assert found.order is not None
    assert found.order.state is State.PROPOSED
    key = Identity.from_seed(bytes(32))
    stolen = record.make(key, "order", SALE[1].body, slot=AGREED.id, revision=0, now=NOW + 60)
    assert only(examined([OPENING, stolen])).rule == "order.bad_binding"


@pytest.mark.parametrize(
    ("after", "said", "rule"),
    [
        ([OPENING], say(ANN, Event.CONFIRM, [OPENING]), "order.wrong_turn"),
        ([OPENING], say(ANN, Event.ACCEPT, [OPENING]), "order.not_yours"),
        ([OPENING], say(ANN, Event.TIMEOUT, [OPENING], now=NOW + DAY), "order.too_early"),
        (
            SALE[:2],
            say(ANN, Event.PAY_SENT, SALE[:2], now=NOW),
            "order.before_its_past",
        ),
        (
            DISPUTED,
            say(CHEN, Event.VERDICT, DISPUTED, details={"to_seller": 2_501, "reasons": "so"}),
            "record.bad_field",
        ),
        (
            [OPENING],
            say(BEN, Event.ACCEPT, [OPENING], details={"licence": bytes(64)}),
            "order.bad_licence",
        ),
        (
            DISPUTED,
            say(CHEN, Event.VERDICT, DISPUTED, details={"to_seller": 1}),
            "record.bad_field",
        ),
    ],
)
def test_an_entry_against_the_rules_is_found_with_the_rule(
    after: list[Record], said: Record, rule: str
) -> None:
    found = examined([*after, said])
    assert only(found).code is Code.AGAINST_RULES
    assert (only(found).rule, only(found).record) == (rule, said.id)
    assert found.order == fold(entries_of(after).values())


def test_what_follows_such_an_entry_does_not_count() -> None:
    wrong = say(ANN, Event.ACCEPT, [OPENING])
    after = say(BEN, Event.FULFIL, [OPENING, wrong])
    found = examined([OPENING, wrong, after])
    assert codes(found) == [Code.AGAINST_RULES, Code.UNFOUNDED]
    assert found.findings[1].other_record == wrong.id


def test_what_is_from_the_future_does_not_count() -> None:
    last = SALE[-1].made_at
    assert examined(SALE, now=last - 10 * 60).is_sound
    found = examined(SALE, now=last - 10 * 60 - 1)
    assert codes(found) == [Code.FUTURE]
    assert found.findings[0].record == SALE[-1].id
    early = examined(SALE, now=NOW - 11 * 60)
    assert Code.NO_ORDER in codes(early)
    assert codes(examined([], now=NOW - 11 * 60))[-1] is Code.NO_ORDER
    ahead = listing(now=LATER + DAY)
    agreed = contract(ahead)
    found = examine(evidence.write(agreed.id, ahead, [propose(agreed)]), LATER)
    assert codes(found) == [Code.FUTURE]


# --- signed both ways --------------------------------------------------------------------------


def test_a_moderator_who_decided_twice_has_proved_it_himself() -> None:
    one, two = (
        say(CHEN, Event.VERDICT, DISPUTED, details={"to_seller": part, "reasons": "so"}, now=at)
        for part, at in ((0, LATER - 2), (2_500, LATER - 1))
    )
    found = examined([*DISPUTED, one, two])
    assert only(found).code is Code.EQUIVOCATION
    assert (only(found).record, only(found).other_record) == (one.id, two.id)
    assert str(only(found)) == (
        f"signed both ways: neither the moderator's verdict ({one.id.hex()[:8]})"
        f" nor the moderator's verdict ({two.id.hex()[:8]}) follows the other"
    )
    assert found.is_sound, "it is true, and proves something"
    assert found.order is not None
    assert found.order.forkers == {Role.MODERATOR}
    assert found.order.state is State.DECIDED


def test_two_proposals_of_one_contract_are_the_buyers_fork() -> None:
    again = propose(AGREED, now=NOW + 1)
    found = examined([OPENING, again])
    assert only(found).code is Code.EQUIVOCATION
    assert {only(found).record, only(found).other_record} == {OPENING.id, again.id}
    followed = [OPENING, again, step(BEN, Event.ACCEPT, [again])]
    assert codes(examined(followed)) == [Code.EQUIVOCATION]


def test_each_of_many_forks_is_named() -> None:
    forks = [
        say(ANN, Event.PAY_SENT, SALE[:2], details={"note": str(n)}, now=LATER) for n in range(20)
    ]
    found = examined([*SALE[:2], *forks])
    assert codes(found) == [Code.EQUIVOCATION] * 19
    named = {each.other_record for each in found.findings}
    assert len(named | {found.findings[0].record}) == 20


def test_no_more_entries_of_a_party_count_than_an_order_holds() -> None:
    forks = [
        say(ANN, Event.PAY_SENT, SALE[:2], details={"note": str(n)}, now=LATER) for n in range(33)
    ]
    found = examined([*SALE[:2], *forks])
    assert {each.rule for each in found.findings if each.is_fatal} == {"order.full"}
    assert len(found.entries) == 33


# --- words -------------------------------------------------------------------------------------


def test_every_finding_has_words() -> None:
    assert set(MEANINGS) == set(Code)
    for code in Code:
        finding = Finding(code=code, what="this", other="that", why="so")
        assert "{" not in str(finding)
        assert code.startswith("evidence.")


def test_a_decoded_file_is_five_things() -> None:
    match decode(SOUND):
        case [magic, order, bytes(), [*entries], []]:
            assert (magic, order, len(entries)) == (MAGIC, AGREED.id, len(SALE))
        case other:
            raise AssertionError(other)


def test_an_altered_entry_is_another_entry() -> None:
    """Who signs again what she said otherwise has signed both ways."""
    key = ANN.order_identity(AGREED.nonce)
    assert SALE[-1].body is not None
    again = altered(SALE[-1], ANN, details={"note": "but broken"})
    assert only(examined([*SALE, again])).rule == "order.bad_binding"
    body = {**SALE[-1].body, "details": {"note": "but broken"}}
    again = record.make(key, "order", body, slot=AGREED.id, revision=0, now=SALE[-1].made_at)
    assert codes(examined([*SALE, again])) == [Code.EQUIVOCATION]
