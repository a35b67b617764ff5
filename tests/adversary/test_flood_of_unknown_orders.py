"""Mostro #626, the "gift wrap apocalypse": anyone could write, and everybody had to open it.

Here a letter about an order that is not ours, or of which we have no beginning, is not kept.
"""

from __future__ import annotations

from typing import Final

from goodword.node.clerk import AT_ONCE_MAX, Clerk
from goodword.node.quotas import STRANGER_PROPOSALS_MAX
from goodword.node.trading import Trading
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import LetterQuota, ListingGone, NotAParty, UnknownOrder
from goodword.protocol.limits import HOUR
from goodword.protocol.record import Record
from goodword.storage import orders, outbox
from tests.make import ANN, BEN, CHEN, DAI, NOW, contract, fresh, listing, propose, say, write
from tests.storage import dump
from tests.storage.memory import Memory

from .door import APPLES, bring, home

MANY: Final = 60


def nonce(n: int) -> bytes:
    return n.to_bytes(32, "big")


def asked(count: int) -> list[Record]:
    """Proposals of as many strangers, each for all that there is."""
    people = [fresh(f"stranger {n}") for n in range(count)]
    return [
        propose(contract(APPLES, buyer=each.public_key, quantity=5, nonce=nonce(n)), buyer=each)
        for n, each in enumerate(people)
    ]


def is_left_alone(node: Memory, letters: list[Record], code: str) -> bool:
    whole = dump.everything(node.database)
    return bring(node, *letters) == [code] * len(letters) and (
        dump.everything(node.database) == whole
    )


def test_what_has_no_beginning_here_is_not_kept() -> None:
    letters = [
        write(
            ANN,
            contract(APPLES, nonce=nonce(n)),
            Event.PAY_SENT,
            role=Role.BUYER,
            seen=frozenset({propose(contract(APPLES, nonce=nonce(n))).id}),
        )
        for n in range(MANY)
    ]
    with home(BEN) as node:
        assert is_left_alone(node, letters, UnknownOrder.code)


def test_what_is_between_others_is_not_kept() -> None:
    letters = [propose(contract(APPLES, nonce=nonce(n))) for n in range(MANY)]
    letters.append(say(BEN, Event.ACCEPT, letters[:1]))
    with home(DAI) as node:
        assert is_left_alone(node, letters[:-1], NotAParty.code)
        assert is_left_alone(node, letters[-1:], UnknownOrder.code)


def test_what_asks_for_a_listing_that_is_not_here_is_not_kept() -> None:
    other = listing(title="pears", nonce=b"p" * 16)
    with home(BEN) as node:
        letters = [propose(contract(other, nonce=nonce(n))) for n in range(MANY)]
        assert is_left_alone(node, letters, ListingGone.code)


def test_a_moderator_whom_nobody_names_hears_nothing() -> None:
    named = [
        propose(contract(APPLES, moderator=CHEN.public_key, nonce=nonce(n))) for n in range(MANY)
    ]
    with home(DAI) as node:
        assert is_left_alone(node, named, NotAParty.code)


def test_strangers_ask_for_no_more_than_a_shop_has_room_for() -> None:
    """Each proposal is kept, so there must be an end to them; what is refused may come again."""
    with home(BEN) as node:
        fates = bring(node, *asked(STRANGER_PROPOSALS_MAX + 9))
        assert fates == ["new"] * STRANGER_PROPOSALS_MAX + [LetterQuota.code] * 9
        assert not LetterQuota.is_fault
        whole = dump.everything(node.database)
        assert bring(node, *asked(STRANGER_PROPOSALS_MAX + 9)[-9:]) == [LetterQuota.code] * 9
        assert dump.everything(node.database) == whole


def test_any_number_of_proposals_keeps_nobody_from_buying() -> None:
    """They hold no piece, and make no promise: Ben has still all to sell."""
    mine = propose(contract(APPLES, quantity=5, nonce=b"m" * 32))
    with home(BEN, asked(MANY), now=NOW) as node:
        assert bring(node, mine) == ["new"]
        (fate,) = node.learn([say(BEN, Event.ACCEPT, [mine])])
        assert str(fate) == "new"
        with node.database.reading() as db:
            assert outbox.count(db) == 1


def test_proposals_that_nobody_answers_end_by_themselves() -> None:
    """A few at a time, so that the node does other things between."""
    with home(BEN, asked(MANY), now=NOW) as node:
        trading = Trading(BEN, node.intake, node.database, lambda: node.now)
        clerk = Clerk(trading, node.database, node.intake, lambda: node.now)
        assert clerk.look() == 0
        node.now += 48 * HOUR
        looks = [clerk.look() for _ in range(MANY // AT_ONCE_MAX + 2)]
        assert max(looks) == AT_ONCE_MAX
        assert sum(looks) == MANY
        with node.database.reading() as db:
            assert orders.count_by_state(db) == {"expired": MANY}
