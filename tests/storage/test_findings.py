"""What a node found against somebody."""

from __future__ import annotations

from goodword.protocol.breaches import Wrong
from goodword.protocol.contract import OrderId
from goodword.protocol.entry import Event
from goodword.protocol.limits import DAY
from goodword.storage import findings
from goodword.storage.findings import FINDINGS_MAX, Finding
from tests.make import ANN, BEN, CHEN, NOW, chain, contract, listing, profile, propose, say
from tests.storage.memory import Memory, memory

SALE = listing()


def against(of: Memory) -> list[Finding]:
    with of.database.reading() as db:
        return findings.against(db, *(each.public_key for each in (ANN, BEN, CHEN)))


def test_two_records_at_one_revision_are_found() -> None:
    """Dated a year ago by him: what counts is when we had both."""
    made = [profile(BEN, name=name, revision=7, now=NOW - 365 * DAY) for name in ("Ben", "Bob")]
    with memory(CHEN, made) as chen:
        (found,) = against(chen)
        assert (found.against, found.wrong, found.strength) == (
            BEN.public_key,
            Wrong.TWO_VERSIONS,
            -0.25,
        )
        assert found.made_at == NOW
        assert set(found.records) == {each.id for each in made}
        assert found.order is None
        with chen.database.reading() as db:
            assert findings.against(db, ANN.public_key) == []
            assert findings.against(db) == []


def test_what_a_fork_is_known_by_does_not_depend_on_what_came_first() -> None:
    made = [profile(BEN, name=name, revision=7) for name in ("Ben", "Bob")]
    keys = set[bytes]()
    for order in (made, made[::-1]):
        with memory(CHEN, order) as chen:
            keys |= {each.evidence for each in against(chen)}
    assert len(keys) == 1


def test_a_broken_order_is_found_and_goes_when_it_is_made_good() -> None:
    opening = propose(contract(SALE))
    paid = chain(opening, (BEN, Event.ACCEPT), (BEN, Event.PAY_RECEIVED))
    late = say(ANN, Event.TIMEOUT, paid, now=paid[-1].made_at + 3 * DAY)
    with memory(ANN, [SALE]) as ann:
        ann.now = late.made_at
        ann.learn([*paid, late])
        (found,) = against(ann)
        assert (found.against, found.wrong, found.strength) == (
            BEN.public_key,
            Wrong.NOT_DELIVERED,
            -1.0,
        )
        assert (found.order, found.records) == (OrderId(opening.slot), ())
        assert found.made_at == late.made_at
        ann.learn([say(BEN, Event.FULFIL, [*paid, late])])
        assert against(ann) == []


def test_nothing_is_held_against_oneself() -> None:
    """Ben is the one who did not ship."""
    opening = propose(contract(SALE))
    paid = chain(opening, (BEN, Event.ACCEPT), (BEN, Event.PAY_RECEIVED))
    late = say(ANN, Event.TIMEOUT, paid, now=paid[-1].made_at + 3 * DAY)
    with memory(BEN, [SALE]) as ben:
        ben.now = late.made_at
        ben.learn([*paid, late])
        assert against(ben) == []


def test_the_latest_comes_first_and_no_more_than_the_bound() -> None:
    with memory(CHEN) as chen:
        for revision in range(1, FINDINGS_MAX + 3):
            chen.now = NOW + revision
            chen.learn(profile(BEN, name=name, revision=revision) for name in ("Ben", "Bob"))
        found = against(chen)
        assert len(found) == FINDINGS_MAX
        assert [each.made_at for each in found] == sorted(
            (each.made_at for each in found), reverse=True
        )
        assert found[0].made_at == NOW + FINDINGS_MAX + 2
