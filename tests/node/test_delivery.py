"""Letters and receipts between traders: what is kept, what is said of it, what it settles."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from goodword.crypto.keys import PublicKey
from goodword.crypto.sealing import seal
from goodword.node.delivery import DEPOSITS_ANEW_MAX
from goodword.node.intake import Came
from goodword.node.nearness import PACE_SECONDS, Distance
from goodword.node.quotas import QUOTAS, STRANGER_PROPOSALS_MAX, STRANGER_QUOTA
from goodword.protocol.entry import Event
from goodword.protocol.errors import FromTheFuture, Refusal
from goodword.protocol.letter import Envelope, Fate, Receipt, read_letter
from goodword.protocol.limits import DAY, FUTURE_SECONDS_MAX
from goodword.protocol.record import RecordId
from goodword.storage import acquaintances, outbox, receipts
from tests.make import ANN, BEN, CHEN, NOW, contract, fresh, profile, propose, say, vouch
from tests.node.deal import BREAD, Deal
from tests.node.office import states
from tests.storage import dump
from tests.world import Trader, deliver, sealed, traders


@pytest.fixture
def deal(tmp_path: Path) -> Generator[Deal]:
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        yield Deal(ann, ben)


def entries(deal: Deal, who: Trader) -> list[bytes]:
    with who.database.reading() as db:
        rows = db.execute("SELECT bytes FROM record WHERE kind = 'order' ORDER BY seq").fetchall()
    return [data for (data,) in rows]


def ids(deal: Deal) -> list[RecordId]:
    return [each.id for each in deal.ann.entries(deal.id)]


def read(deal: Deal, envelope: Envelope, *, peer: str = "somebody") -> Receipt:
    """What Ben answers."""
    return deal.ben.letterbox.open(envelope, peer=peer)


def lose(trader: Trader) -> None:
    with trader.database.transaction() as db:
        for table in ("outbox", "receipt", "trade"):
            db.execute(f"DELETE FROM {table}")
        db.execute("DELETE FROM record WHERE kind = 'order'")


# --- letters of several entries ----------------------------------------------------------------


def test_a_whole_order_comes_in_one_letter(deal: Deal) -> None:
    deal.place()
    deal.take(deal.ben, "accept")
    deal.take(deal.ann, "paid")
    lose(deal.ben)
    envelope = sealed(deal.ann, deal.ben, deal.order_id, entries(deal, deal.ann))
    receipt = read(deal, envelope)
    assert (receipt.fate, receipt.ids) == (Fate.KEPT, ids(deal))
    assert deal.seen_by(deal.ben)["state"] == "pay_claimed"
    again = read(deal, envelope)
    assert again == receipt


def test_what_stands_before_the_first_refusal_is_kept(deal: Deal) -> None:
    deal.place()
    deal.take(deal.ben, "accept")
    deal.take(deal.ann, "paid")
    lose(deal.ben)
    first, second, third = entries(deal, deal.ann)
    broken = second[:-1] + bytes([second[-1] ^ 1])
    receipt = read(deal, sealed(deal.ann, deal.ben, deal.order_id, [first, broken, third]))
    assert (receipt.fate, receipt.code) == (Fate.REFUSED, "record.bad_signature")
    assert receipt.ids == ids(deal)[:1]
    assert deal.seen_by(deal.ben)["state"] == "proposed"


def test_a_letter_is_of_one_order_and_holds_nothing_public(deal: Deal) -> None:
    deal.place()
    one = entries(deal, deal.ann)[0]
    other = propose(contract(BREAD, nonce=b"z" * 32)).to_bytes()
    outcomes = deal.ben.intake.admit_letter([one, other])
    assert [getattr(each, "code", "") for each in outcomes] == ["record.malformed"]
    (outcome,) = deal.ben.intake.admit_letter([profile(ANN).to_bytes()])
    assert isinstance(outcome, Refusal)
    assert outcome.code == "record.unknown_kind"
    assert deal.ben.intake.admit_letter([one]) == [Came.KNOWN]
    known, foreign = deal.ben.intake.admit_letter([one, profile(ANN).to_bytes()])
    assert (known, getattr(foreign, "code", "")) == (Came.KNOWN, "record.unknown_kind")


# --- receipts that come by themselves ----------------------------------------------------------


def queue_again(deal: Deal) -> None:
    with deal.ann.database.transaction() as db:
        db.execute("UPDATE outbox SET state = 'held', deposits = 1")


def token(deal: Deal) -> bytes:
    return ANN.letter_token(deal.ben.me, deal.order_id)


def test_a_receipt_that_comes_days_later_settles_what_it_names(deal: Deal) -> None:
    deal.place()
    queue_again(deal)
    deal.watch.forward(9 * DAY)
    deal.ann.restart()
    receipt = Receipt(fate=Fate.READ, token=token(deal), ids=ids(deal))
    envelope = Envelope(to=deal.ann.me, sealed=seal(deal.ann.me, receipt.to_bytes()))
    answer = deal.ann.letterbox.open(envelope)
    assert (answer.fate, answer.token) == (Fate.KEPT, receipt.token)
    assert states(deal.ann, deal.id) == ["read"]


def test_a_lack_of_the_past_brings_the_whole_order_but_not_for_ever(deal: Deal) -> None:
    deal.place()
    deal.take(deal.ben, "accept")
    deal.ann.trading.paid(order=deal.id)
    lacking = Receipt(fate=Fate.REFUSED, token=token(deal), code="order.missing_entries")
    for n in range(DEPOSITS_ANEW_MAX):
        assert deal.ann.delivery.take(lacking)
        with deal.ann.database.transaction() as db:
            owed = outbox.owed(db, deal.ben.me, deal.order_id)
            assert [each.state.value for each in owed] == ["queued"] * 3, n
            outbox.hold(db, owed, deal.watch())
    assert deal.ann.delivery.take(lacking)
    owed = deal.ann.debts(deal.ben)
    assert [each.state.value for each in owed] == ["held"] * 3


def test_who_is_no_party_is_sent_nothing_more_of_the_order(deal: Deal) -> None:
    """As whom a liar named as moderator in one of two counters: else she were sent it for ever."""
    deal.place()
    deal.take(deal.ben, "accept")
    deal.ann.trading.paid(order=deal.id)
    deal.ann.trading.dispute(order=deal.id, reasons="nothing came")
    refused = Receipt(fate=Fate.REFUSED, token=token(deal), code="order.not_a_party")
    assert deal.ann.delivery.take(refused)
    assert not deal.ann.debts(deal.ben)
    assert states(deal.ann, deal.id)[-2:] == ["refused", "refused"]


def test_who_is_named_by_what_is_not_taken_yet_may_be_a_party_later(deal: Deal) -> None:
    """Ben's clock is ahead of Chen's, whom only Ben's counter names as moderator."""
    opening, ahead = propose(), NOW + 2 * FUTURE_SECONDS_MAX
    judged = replace(contract().terms, moderator=CHEN.public_key)
    counter = say(BEN, Event.COUNTER, [opening], details={"terms": judged.to_body()}, now=ahead)
    with traders(deal.ann.path.parent, [CHEN]) as (chen,):
        outcomes = chen.intake.admit_letter([opening.to_bytes(), counter.to_bytes()])
    assert [type(each) for each in outcomes] == [FromTheFuture]


def test_a_letter_from_a_mailbox_is_receipted_to_its_sender(deal: Deal) -> None:
    deal.place()
    lose(deal.ben)
    envelope = sealed(deal.ann, deal.ben, deal.order_id, entries(deal, deal.ann))
    read(deal, envelope, peer="")
    with deal.ben.database.reading() as db:
        (due,) = receipts.due(db, deal.ann.me)
    assert (due.fate, due.token, due.ids) == (Fate.KEPT, token(deal), ids(deal))


def test_nobody_has_another_told_of_an_order_that_is_not_his(deal: Deal) -> None:
    """Eve has Ann's letter, somehow, and says that it is Dai's."""
    deal.place()
    dai = fresh("Dai the second").public_key
    inside = replace_sender(deal, dai)
    read(deal, Envelope(to=deal.ben.me, sealed=seal(deal.ben.me, inside)), peer="")
    with deal.ben.database.reading() as db:
        assert receipts.due(db, dai) == []


def replace_sender(deal: Deal, sender: PublicKey) -> bytes:
    envelope = sealed(deal.ann, deal.ben, deal.order_id, entries(deal, deal.ann))
    inside = read_letter(BEN.open_sealed(envelope.sealed))
    return replace(inside, sender=sender).to_bytes()


def test_how_far_a_letter_has_come_changes_no_order(deal: Deal) -> None:
    deal.place()
    before = dump.views(deal.ann.database), deal.seen_by(deal.ann)["state"]
    queue_again(deal)
    deal.ann.delivery.take(Receipt(fate=Fate.READ, token=token(deal), ids=ids(deal)))
    assert (dump.views(deal.ann.database), deal.seen_by(deal.ann)["state"]) == before


# --- strangers ---------------------------------------------------------------------------------


def ask(deal: Deal, buyer: str, number: int) -> str:
    """The code with which Ben refuses a proposal of a stranger, or nothing."""
    person = fresh(buyer)
    agreed = contract(BREAD, buyer=person.public_key, nonce=number.to_bytes(32, "big"))
    made = propose(agreed, buyer=person, now=deal.watch())
    (outcome,) = deal.ben.intake.admit_letter([made.to_bytes()])
    return outcome.code if isinstance(outcome, Refusal) else ""


def test_a_stranger_has_four_open_proposals_at_most(deal: Deal) -> None:
    for n in range(STRANGER_QUOTA.proposals):
        assert ask(deal, "Mallory", n) == ""
    assert ask(deal, "Mallory", 99) == "letter.quota"
    assert len(deal.ben.orders()) == STRANGER_QUOTA.proposals


def test_all_strangers_together_fill_no_shop(deal: Deal) -> None:
    for n in range(STRANGER_PROPOSALS_MAX):
        assert ask(deal, f"stranger {n}", n) == ""
    assert ask(deal, "one more", 99) == "letter.quota"
    assert len(deal.ben.orders()) == STRANGER_PROPOSALS_MAX
    deal.ben.reputation.name(person=deal.ann.address, petname="Ann")
    deal.place()


def test_who_was_answered_is_no_stranger(deal: Deal) -> None:
    deal.place()
    with deal.ben.database.reading() as db:
        assert not acquaintances.knows(db, deal.ben.me, deal.ann.me)
    deal.take(deal.ben, "accept")
    with deal.ben.database.reading() as db:
        assert acquaintances.knows(db, deal.ben.me, deal.ann.me)
    for n in range(STRANGER_QUOTA.proposals + 3):
        deal.ann.trading.place(listing=BREAD.slot.hex(), note=str(n))
        assert "letter.quota" not in deliver(deal.ann, deal.ben)


def test_a_friend_of_a_friend_may_ask_for_more_than_a_stranger(deal: Deal) -> None:
    deal.ben.endorsing.vouch(person=deal.ann.address, strength="know", how="school")
    deal.ben.admit(vouch(deal.ann.person, fresh("Mallory").public_key))
    deal.watch.forward(PACE_SECONDS)
    quota = QUOTAS[Distance.TWO_STEPS].proposals
    assert quota > STRANGER_QUOTA.proposals
    codes = [ask(deal, "Mallory", n) for n in range(quota + 2)]
    assert codes == [""] * quota + ["letter.quota"] * 2
    assert ask(deal, "one who has nobody", 99) == ""
