"""Refusals say what was found, in one voice, and each rule can be broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from io import BytesIO
from string import Formatter
from typing import Final

import pytest

from goodword.crypto.keys import Signature
from goodword.protocol import (
    bundle,
    codec,
    entry,
    errors,
    kinds,
    mailroom,
    order,
    ranges,
    record,
    slots,
)
from goodword.protocol.contract import check_listing
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import Refusal
from goodword.protocol.kinds import KINDS
from goodword.protocol.limits import DAY, HOUR, OFFERS_MAX, ROLE_ENTRIES_MAX
from goodword.protocol.listing import read as read_listing
from goodword.protocol.mailroom import Fetch
from goodword.protocol.slots import Standing
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    PEER,
    altered,
    chain,
    contract,
    entries_of,
    listing,
    profile,
    propose,
    review,
    say,
    vouch,
    withdrawal,
)

from .tables import refusals

OPENING: Final = propose()
STANDS: Final = Standing(profile(revision=5).id, 5, is_withdrawn=False, is_forked=False)
GONE: Final = Standing(listing().id, 5, is_withdrawn=True, is_forked=False)

FORGED: Final = replace(
    mailroom.prove(DAI.identity, mailroom.FETCH, PEER, NOW), person=ANN.public_key
)


def gate(said: record.Record, *after: record.Record) -> None:
    order.check(entry.read(said), entries_of(after))


def crowded() -> None:
    """More entries of one party than an order holds: so many ways to say the same."""
    many = [say(BEN, Event.ACCEPT, [OPENING], details={"note": str(n)}) for n in range(33)]
    gate(many[-1], OPENING, *many[:ROLE_ENTRIES_MAX])


PAID: Final = chain(OPENING, (BEN, Event.ACCEPT), (ANN, Event.PAY_SENT))


def too_often() -> None:
    """More offers than one party may make."""
    said = list(PAID)
    for part in range(OFFERS_MAX + 1):
        said.append(say(BEN, Event.OFFER, said, details={"to_seller": part}))
    gate(said[-1], *said[:-1])


def other_terms() -> None:
    made = listing(quantity=1)
    agreed = contract(made, quantity=2)
    check_listing(agreed, read_listing(made), made.slot, made.author)


def opened(file: bytes) -> list[list[bytes]]:
    return list(bundle.read(BytesIO(file).read))


BREAK: Final[dict[str, Callable[[], object]]] = {
    "record.malformed": lambda: record.read(b"\xc1"),
    "record.not_canonical": lambda: record.read(b"\xcc\x01"),
    "record.too_large": lambda: record.read(bytes(33_000)),
    "record.too_deep": lambda: record.read(b"\x91" * 99 + b"\xc0"),
    "record.unknown_version": lambda: record.parse(codec.encode([b"\x91\x02", bytes(64)])),
    "record.bad_key": lambda: record.read(
        codec.encode([codec.encode([1, "a", bytes(32), 0, b"", 0, None]), bytes(64)])
    ),
    "record.bad_signature": lambda: record.read(
        codec.encode([profile().signed, Signature(bytes(64))])
    ),
    "record.from_the_future": lambda: kinds.check(profile(), NOW - HOUR),
    "record.stale_revision": lambda: slots.takes(KINDS["profile"], STANDS, profile()),
    "record.withdrawn": lambda: slots.takes(KINDS["listing"], GONE, listing(revision=6)),
    "record.foreign_slot": lambda: kinds.check(withdrawal(listing(), DAI), NOW),
    "record.unknown_kind": lambda: kinds.check(
        record.make(ANN.identity, "barter", {}, slot=b"", revision=0, now=NOW), NOW
    ),
    "record.bad_field": lambda: kinds.check(altered(vouch(), CHEN, how=""), NOW),
    "order.wrong_turn": lambda: gate(say(ANN, Event.CONFIRM, [OPENING]), OPENING),
    "order.not_yours": lambda: gate(say(ANN, Event.ACCEPT, [OPENING]), OPENING),
    "order.too_early": lambda: gate(say(ANN, Event.TIMEOUT, [OPENING]), OPENING),
    "order.bad_binding": lambda: gate(say(DAI, Event.ACCEPT, [OPENING], role=Role.SELLER), OPENING),
    "order.bad_contract": other_terms,
    "order.missing_entries": lambda: gate(say(BEN, Event.ACCEPT, [OPENING])),
    "order.before_its_past": lambda: gate(say(BEN, Event.ACCEPT, [OPENING], now=1), OPENING),
    "order.full": crowded,
    "order.too_often": too_often,
    "order.no_offer": lambda: gate(
        say(ANN, Event.AGREE, PAID, details={"offer": bytes(32)}), *PAID
    ),
    "order.bad_licence": lambda: gate(
        say(BEN, Event.ACCEPT, [OPENING], details={"licence": bytes(64)}), OPENING
    ),
    "endorsement.about_oneself": lambda: kinds.check(vouch(CHEN, CHEN.public_key), NOW),
    "endorsement.back_dated": lambda: kinds.check(vouch(revision=NOW - 1), NOW),
    "endorsement.expired": lambda: kinds.check(vouch(seconds=DAY), NOW + DAY),
    "review.no_licence": lambda: kinds.check(altered(review(), ANN, count=2), NOW),
    "sync.malformed": lambda: ranges.read(b"\x61\0", 0),
    "sync.unknown_version": lambda: ranges.read(b"\x62", 0),
    "mailbox.bad_proof": lambda: mailroom.check_proof(Fetch(proof=FORGED), PEER, NOW),
    "mailbox.stale_proof": lambda: mailroom.check_proof(Fetch(proof=FORGED), PEER, NOW + HOUR),
    "bundle.not_one": lambda: opened(b"goodword-backup1"),
    "bundle.unknown_version": lambda: opened(bundle.MAGIC + bytes(4)),
    "bundle.damaged": lambda: opened(bundle.MAGIC + bytes((0, 0, 0, bundle.VERSION))),
}

NEEDS_A_DATABASE: Final = {
    "record.author_quota",
    "record.no_room",
    "record.out_of_interest",
    "order.listing_gone",
    "order.not_a_party",
    "order.unknown",
    "order.out_of_stock",
    "order.holds_too_much",
    "review.not_settled",
    "endorsement.too_many",
    "letter.needs_work",
    "letter.quota",
    "mailbox.not_hosted",
    "mailbox.full",
    "sync.never_settled",
    "sync.withheld",
}
"""Rules about what a node has or does; intake, room, doorkeeper, mailroom and syncer keep them."""

SAMPLES: Final = {"int": 7, "str": "price"}


def sample(refusal: type[Refusal]) -> Refusal:
    """One of these, with its fields filled in."""
    if not is_dataclass(refusal):
        return refusal()
    return refusal(**{each.name: SAMPLES[str(each.type)] for each in fields(refusal)})


@pytest.mark.parametrize("code", BREAK)
def test_each_rule_can_be_broken(code: str) -> None:
    with pytest.raises(Refusal) as refused:
        BREAK[code]()
    assert refused.value.code == code
    assert str(refused.value)


def test_no_rule_is_forgotten() -> None:
    assert BREAK.keys() | NEEDS_A_DATABASE == {each.code for each in refusals()}


def test_no_two_rules_share_a_code() -> None:
    codes = [each.code for each in refusals()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("refusal", refusals(), ids=lambda each: each.code)
def test_a_code_says_what_is_refused(refusal: type[Refusal]) -> None:
    assert re.fullmatch(
        r"(record|order|review|endorsement|letter|mailbox|bundle|sync)\.[a-z]+(_[a-z]+)*",
        refusal.code,
    )


@pytest.mark.parametrize("refusal", refusals(), ids=lambda each: each.code)
def test_a_text_names_its_fields_and_no_other(refusal: type[Refusal]) -> None:
    named = {name for _, name, _, _ in Formatter().parse(refusal.text) if name}
    held = {each.name for each in fields(refusal)} if is_dataclass(refusal) else set[str]()
    assert named == held


@pytest.mark.parametrize("refusal", refusals(), ids=lambda each: each.code)
def test_a_text_starts_small_and_ends_without_a_full_stop(refusal: type[Refusal]) -> None:
    for text in (str(sample(refusal)), refusal.hint):
        assert not text[:1].isupper()
        assert not text.endswith((".", "!"))
        assert "{" not in text


def test_every_refusal_is_a_refusal() -> None:
    for each in refusals():
        assert isinstance(sample(each), Refusal)
        assert each.__module__ == errors.__name__
