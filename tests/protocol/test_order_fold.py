"""The fold: one set of entries, one order, whatever the order of arrival."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.protocol import entry
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import MissingEntries
from goodword.protocol.forks import branches
from goodword.protocol.limits import DAY, HOUR, SEEN_MAX
from goodword.protocol.record import Record
from goodword.protocol.table import STEPS, TERMINAL, State
from tests.make import ANN, BEN, CHEN, NOW, entries_of, heads, say

from .ways import AT, OPENING, PEOPLE, before, fold, open_to, step

LIVE = [state for state in State if state not in TERMINAL]
SALE = AT[State.COMPLETED]


def pairs(state: State) -> list[tuple[tuple[Role, Event], tuple[Role, Event]]]:
    return list(combinations(open_to(state), 2))


EVERY_PAIR = [(state, pair) for state in LIVE for pair in pairs(state)]


def both(state: State, one: tuple[Role, Event], two: tuple[Role, Event]) -> list[Record]:
    """Two entries that know nothing of one another."""
    known = ready(state, one, two)
    return [step(PEOPLE[role], event, known) for role, event in (one, two)]


def ready(state: State, *said: tuple[Role, Event]) -> list[Record]:
    """Records that lead to `state`, with offers on the table where somebody agrees to one."""
    agrees = any(event is Event.AGREE for _, event in said)
    return before(state, Event.AGREE if agrees else Event.TIMEOUT)


def converges(orders: Iterable[Sequence[Record]]) -> bool:
    """Whether all these orders of arrival make the same order."""
    first, *others = (fold(order) for order in orders)
    return all(other == first for other in others)


@pytest.mark.parametrize("state", LIVE)
def test_every_concurrent_pair_converges_in_every_shuffle(state: State) -> None:
    for pair in pairs(state):
        known = ready(state, *pair)
        last_three = [known[-1], *both(state, *pair)]
        assert converges([*known[:-1], *order] for order in permutations(last_three)), pair
        assert converges([[*known, *last_three], [*last_three, *known]])


@pytest.mark.parametrize("state", LIVE)
def test_what_follows_a_concurrent_pair_converges(state: State) -> None:
    """The next entry has seen only one of the two; the other arrives late."""
    for one, two in pairs(state):
        known = ready(state, one, two)
        said = both(state, one, two)
        for role, event in open_to(STEPS[state, one[1]].to):
            if event is Event.AGREE:
                continue  # to what? `both` had no offer in that state
            then = step(PEOPLE[role], event, [*known, said[0]])
            shuffles = permutations([*said, then])
            assert converges([*known, *order] for order in shuffles), (one, two, event)


@given(st.permutations(SALE), st.integers(1, len(SALE)))
def test_arrival_order_does_not_matter(records: list[Record], count: int) -> None:
    assert fold(records) == fold(SALE)
    some = SALE[:count]
    assert fold([each for each in records if each in some]) == fold(some)


@given(st.lists(st.sampled_from(SALE), max_size=12))
def test_repetition_does_not_matter(again: list[Record]) -> None:
    assert fold([*SALE, *again]) == fold(SALE)


@pytest.mark.parametrize("missing", range(len(SALE) - 1))
def test_a_set_with_a_gap_is_no_order(missing: int) -> None:
    with pytest.raises(MissingEntries):
        fold([each for n, each in enumerate(SALE) if n != missing])


def test_nothing_is_no_order() -> None:
    with pytest.raises(MissingEntries):
        fold([])


def test_the_history_tells_who_led_where() -> None:
    made = fold(SALE)
    assert [(line.entry.id, line.state) for line in made.history] == [
        (SALE[0].id, State.PROPOSED),
        (SALE[1].id, State.ACCEPTED),
        (SALE[2].id, State.FUNDED),
        (SALE[3].id, State.FULFILLED),
        (SALE[4].id, State.COMPLETED),
    ]
    assert made.since == SALE[-1].made_at
    assert made.heads == {SALE[-1].id}
    assert made.void == ()
    assert made.forkers == frozenset()


# --- concurrent --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "buyer", "seller", "ends"),
    [
        (State.PROPOSED, Event.WITHDRAW, Event.ACCEPT, State.CANCELLED),
        (State.PROPOSED, Event.WITHDRAW, Event.REJECT, State.CANCELLED),
        (State.PROPOSED, Event.TIMEOUT, Event.ACCEPT, State.ACCEPTED),
        (State.ACCEPTED, Event.PAY_SENT, Event.PAY_RECEIVED, State.FUNDED),
        (State.ACCEPTED, Event.PAY_SENT, Event.REJECT, State.PAY_CLAIMED),
        (State.ACCEPTED, Event.WITHDRAW, Event.PAY_RECEIVED, State.FUNDED),
        (State.ACCEPTED, Event.WITHDRAW, Event.ON_DELIVERY, State.FUNDED),
        (State.PAY_CLAIMED, Event.TIMEOUT, Event.PAY_RECEIVED, State.FUNDED),
        (State.PAY_CLAIMED, Event.TIMEOUT, Event.REFUND, State.REFUNDED),
        (State.FUNDED, Event.CONFIRM, Event.FULFIL, State.COMPLETED),
        (State.PROPOSED, Event.WITHDRAW, Event.COUNTER, State.CANCELLED),
        (State.COUNTERED, Event.ACCEPT, Event.WITHDRAW, State.ACCEPTED),
        (State.COUNTERED, Event.COUNTER, Event.WITHDRAW, State.CANCELLED),
        (State.PAY_CLAIMED, Event.DISPUTE, Event.PAY_RECEIVED, State.DISPUTED),
        (State.FUNDED, Event.AGREE, Event.REFUND, State.REFUNDED),
        (State.FUNDED, Event.DISPUTE, Event.AGREE, State.REFUNDED),
        (State.FULFILLED, Event.DISPUTE, Event.TIMEOUT, State.DISPUTED),
        (State.DISPUTED, Event.CONFIRM, Event.REFUND, State.COMPLETED),
        (State.DISPUTED, Event.AGREE, Event.FULFIL, State.REFUNDED),
        (State.DECIDED, Event.TIMEOUT, Event.EXECUTED, State.RESOLVED),
        (State.FUNDED, Event.CONFIRM, Event.REFUND, State.COMPLETED),
        (State.FUNDED, Event.TIMEOUT, Event.FULFIL, State.FULFILLED),
        (State.FULFILLED, Event.CONFIRM, Event.REFUND, State.COMPLETED),
        (State.FULFILLED, Event.CONFIRM, Event.TIMEOUT, State.COMPLETED),
    ],
)
def test_of_two_at_once_the_table_takes_the_lower_first(
    state: State, buyer: Event, seller: Event, ends: State
) -> None:
    """A timeout that yields is void: it was for when nobody did anything."""
    said = both(state, (Role.BUYER, buyer), (Role.SELLER, seller))
    assert fold([*ready(state, (Role.BUYER, buyer), (Role.SELLER, seller)), *said]).state is ends


@pytest.mark.parametrize(
    ("role", "event", "ends"),
    [
        (Role.BUYER, Event.CONFIRM, State.COMPLETED),
        (Role.SELLER, Event.REFUND, State.REFUNDED),
        (Role.SELLER, Event.PAY_RECEIVED, State.DECIDED),
        (Role.SELLER, Event.FULFIL, State.DECIDED),
        (Role.BUYER, Event.TIMEOUT, State.DECIDED),
    ],
)
def test_a_verdict_yields_only_to_a_concession(role: Role, event: Event, ends: State) -> None:
    said = both(State.DISPUTED, (role, event), (Role.MODERATOR, Event.VERDICT))
    assert fold([*AT[State.DISPUTED], *said]).state is ends


def test_a_place_is_how_many_last_words_came_before() -> None:
    """Each entry has that of the first last word after it; what none follows has no place."""
    said = [*SALE, step(BEN, Event.ACKNOWLEDGE, SALE)]
    sealed = branches(entries_of(said), dict.fromkeys(Event, 0)).sealed
    confirmed = next(each.id for each in said if entry.read(each).event is Event.CONFIRM)
    places = {each.id: 0 for each in SALE} | {confirmed: 1}
    assert sealed == places


def test_an_acknowledgement_turns_nothing_around() -> None:
    """A buyer makes an offer, then confirms after all; a verdict that she had not seen is under
    way. The seller acknowledges both: what she confirmed stays confirmed."""
    known = AT[State.DISPUTED]
    verdict = step(CHEN, Event.VERDICT, known)
    offer = step(ANN, Event.OFFER, known)
    confirm = step(ANN, Event.CONFIRM, [*known, offer])
    both = [*known, verdict, offer, confirm]
    before = fold(both)
    assert before.state is State.COMPLETED
    after = fold([*both, step(BEN, Event.ACKNOWLEDGE, both)])
    assert (after.state, after.to_seller) == (State.COMPLETED, before.to_seller)
    assert after.history[:-1] == before.history


def test_two_verdicts_prove_that_the_moderator_said_both() -> None:
    known = AT[State.DISPUTED]
    verdicts = [
        say(CHEN, Event.VERDICT, known, details={"to_seller": part, "reasons": "so"})
        for part in (0, 2_500)
    ]
    made = fold([*known, *verdicts])
    assert made.state is State.DECIDED
    assert made.forkers == {Role.MODERATOR}
    assert len(made.void) == 1


def test_a_verdict_that_nobody_heard_changes_no_end_that_both_have_seen() -> None:
    """While he was cut off with it, the two went on, and ended it."""
    known = AT[State.DISPUTED]
    verdict = step(CHEN, Event.VERDICT, known)
    ended = [*known, step(BEN, Event.PAY_RECEIVED, known)]
    ended.append(step(BEN, Event.REFUND, ended))
    ended.append(step(ANN, Event.ACKNOWLEDGE, ended))
    late = fold([*ended, verdict])
    assert late.state is State.REFUNDED
    assert [void.entry.id for void in late.void] == [verdict.id]
    assert verdict.id in late.heads


def test_what_is_only_said_keeps_nobody_from_a_deadline() -> None:
    """Else a third party could use up the time: by consenting just when it is over."""
    known = AT[State.FULFILLED]
    timeout = step(BEN, Event.TIMEOUT, known)
    late = entry.read(timeout).made_at
    for person, event in ((CHEN, Event.CONSENT), (ANN, Event.OFFER)):
        details = {"to_seller": 0} if event is Event.OFFER else None
        said = say(person, event, known, details=details, now=late)
        assert fold([*known, timeout, said]).state is State.COMPLETED


def test_an_agreement_holds_though_the_seller_ships_at_the_same_moment() -> None:
    """What he offered he signed: he cannot take it back by another step that he held back."""
    known = before(State.FUNDED, Event.AGREE)
    agree, ship = step(ANN, Event.AGREE, known), step(BEN, Event.FULFIL, known)
    made = fold([*known, agree, ship])
    assert made.state is State.REFUNDED
    assert made.to_seller
    assert made.to_seller.minor == 500


def test_an_entry_may_apply_in_a_later_state_than_it_was_signed_in() -> None:
    accept, withdraw = both(
        State.PROPOSED, (Role.SELLER, Event.ACCEPT), (Role.BUYER, Event.WITHDRAW)
    )
    made = fold([OPENING, withdraw, accept])
    assert [line.state for line in made.history] == [
        State.PROPOSED,
        State.ACCEPTED,
        State.CANCELLED,
    ]
    assert made.void == ()


@pytest.mark.parametrize("late", [0, 90 * DAY])
def test_a_timeout_is_for_when_nobody_did_anything(late: int) -> None:
    """However late it was signed: the other's word was under way, and a new time began with it."""
    timeout = step(ANN, Event.TIMEOUT, [OPENING])
    timeout = say(ANN, Event.TIMEOUT, [OPENING], now=timeout.made_at + late)
    accept = say(BEN, Event.ACCEPT, [OPENING], now=NOW + HOUR)
    made = fold([OPENING, timeout, accept])
    assert made.state is State.ACCEPTED
    assert [void.why for void in made.void] == ["overtaken: somebody did something"]


def test_time_does_not_run_backwards() -> None:
    """Two at once, the second to apply being the elder."""
    accept = say(BEN, Event.ACCEPT, [OPENING], now=NOW + DAY)
    withdraw = say(ANN, Event.WITHDRAW, [OPENING], now=NOW + HOUR)
    made = fold([OPENING, accept, withdraw])
    assert made.state is State.CANCELLED
    assert made.since == NOW + DAY


# --- forks -------------------------------------------------------------------------------------


def ways_to_pay(count: int) -> list[Record]:
    known = AT[State.ACCEPTED]
    return [say(ANN, Event.PAY_SENT, known, details={"note": str(n)}) for n in range(count)]


def test_of_two_ways_the_lower_id_stands() -> None:
    known = AT[State.ACCEPTED]
    forks = ways_to_pay(2)
    made = fold([*known, *forks])
    assert made.forkers == {Role.BUYER}
    assert made.history[-1].entry.id == min(each.id for each in forks)
    assert [(void.entry.id, void.why) for void in made.void] == [
        (max(each.id for each in forks), "its author signed both ways")
    ]


@pytest.mark.parametrize("built_on", [0, 1])
def test_of_two_ways_the_one_that_was_built_on_stands(built_on: int) -> None:
    known = AT[State.ACCEPTED]
    forks = [step(ANN, Event.PAY_SENT, known), step(ANN, Event.WITHDRAW, known)]
    follows = [
        step(BEN, Event.PAY_RECEIVED, [*known, forks[0]]),
        # Nothing follows a withdrawal; a record of the seller's that has seen it all the same.
        say(BEN, Event.REJECT, [*known, forks[1]]),
    ]
    made = fold([*known, *forks, follows[built_on]])
    assert made.forkers == {Role.BUYER}
    assert made.history[len(known)].entry.id == forks[built_on].id
    assert [void.entry.id for void in made.void][:1] != [forks[built_on].id]


def test_a_longer_branch_of_ones_own_is_no_support() -> None:
    """Else a forker would win by going on talking to himself."""
    known = AT[State.ACCEPTED]
    one = say(BEN, Event.ON_DELIVERY, known)
    two = say(BEN, Event.PAY_RECEIVED, known)
    more = say(BEN, Event.FULFIL, [*known, two])
    confirm = say(ANN, Event.CONFIRM, [*known, one])
    made = fold([*known, one, two, more, confirm])
    assert made.state is State.COMPLETED
    assert {void.entry.id for void in made.void} == {two.id, more.id}
    assert made.forkers == {Role.SELLER}


def test_of_two_ways_that_the_moderator_was_told_the_one_that_he_said_more_on_stands() -> None:
    known = AT[State.FUNDED]
    ship, dispute = step(BEN, Event.FULFIL, known), step(BEN, Event.DISPUTE, known)
    one, other = (step(CHEN, Event.CONSENT, [*known, way]) for way in (ship, dispute))
    assert fold([*known, ship, dispute, one, other]).state is State.FULFILLED
    verdict = step(CHEN, Event.VERDICT, [*known, dispute, other])
    assert fold([*known, ship, dispute, one, other, verdict]).state is State.DECIDED


def test_both_may_fork() -> None:
    forks = [
        *(say(ANN, Event.WITHDRAW, [OPENING], details={"note": str(n)}) for n in range(3)),
        *(say(BEN, Event.ACCEPT, [OPENING], details={"note": str(n)}) for n in range(3)),
    ]
    made = fold([OPENING, *forks])
    assert made.forkers == {Role.BUYER, Role.SELLER}
    assert made.state is State.CANCELLED
    assert len(made.void) == 4
    assert converges([OPENING, *order] for order in (forks, forks[::-1], forks[3:] + forks[:3]))


@given(st.permutations(ways_to_pay(4)), st.data())
def test_forks_converge_in_every_shuffle(forks: list[Record], data: st.DataObject) -> None:
    known = AT[State.ACCEPTED]
    answer = step(BEN, Event.PAY_RECEIVED, [*known, ways_to_pay(4)[2]])
    everything = [*known, *forks, answer]
    expected = fold([*known, *ways_to_pay(4), answer])
    assert fold(data.draw(st.permutations(everything))) == expected
    assert expected.state is State.FUNDED


def test_an_honest_party_never_forks() -> None:
    """Two parties who talk past one another are no forkers."""
    for state, (one, two) in EVERY_PAIR:
        is_fork = one[0] is two[0]
        known = ready(state, one, two)
        assert bool(fold([*known, *both(state, one, two)]).forkers) is is_fork


# --- heads -------------------------------------------------------------------------------------


def test_heads_are_what_nobody_follows() -> None:
    for state in State:
        records = AT[state]
        assert fold(records).heads == heads(entries_of(records).values())
    for state, pair in EVERY_PAIR:
        said = both(state, *pair)
        assert fold([*ready(state, *pair), *said]).heads == {each.id for each in said}


@pytest.mark.parametrize("count", [SEEN_MAX, SEEN_MAX + 1, 31])
def test_no_number_of_forks_pushes_out_what_stands(count: int) -> None:
    known = AT[State.ACCEPTED]
    made = fold([*known, *ways_to_pay(count)])
    assert len(made.heads) == SEEN_MAX
    assert made.history[-1].entry.id in made.heads


def test_who_names_the_heads_stands() -> None:
    """Also after a fork of his own, by mistake: a backup from before the first of the two."""
    known = AT[State.FUNDED]
    forks = [say(BEN, Event.FULFIL, known, details={"note": str(n)}) for n in range(3)]
    seen = fold([*known, *forks]).heads
    assert seen == {each.id for each in forks}
    refund = step(BEN, Event.REFUND, [*known, *forks])
    made = fold([*known, *forks, refund])
    assert made.state is State.REFUNDED
    assert made.history[-1].entry.id == refund.id


def test_who_confirmed_cannot_take_it_back_with_a_timeout() -> None:
    """Nobody builds on a last word, so of two by one author the lower rank stands, not the id."""
    known = AT[State.FUNDED]
    late = NOW + 90 * DAY
    confirmed = say(ANN, Event.CONFIRM, known, now=late)
    for grinding in range(8):  # some of these ids are lower, some higher
        undone = say(ANN, Event.TIMEOUT, known, now=late + grinding)
        order = fold([*known, confirmed, undone])
        assert (order.state, list(order.forkers)) == (State.COMPLETED, [Role.BUYER])
