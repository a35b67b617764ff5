"""records.json: one good record of each kind, and bad ones, each with the code that refuses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from goodword.crypto.keys import Identity, PublicKey, Signature
from goodword.protocol import endorsement, kinds
from goodword.protocol import listing as listings
from goodword.protocol.codec import Value, encode
from goodword.protocol.contract import Contract
from goodword.protocol.endorsement import Strength
from goodword.protocol.entry import Event, Role
from goodword.protocol.errors import Refusal
from goodword.protocol.limits import (
    DAY,
    FUTURE_SECONDS_MAX,
    HANDLING_SECONDS_MAX,
    RECORD_BYTES_MAX,
    REVISION_MAX,
)
from goodword.protocol.listing import Option
from goodword.protocol.money import Money
from goodword.protocol.record import DOMAIN, VERSION, Record, make, read
from goodword.protocol.review import Rating
from goodword.protocol.scope import Part, Scope
from tests.crypto.points import SMALL_ORDER
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    altered,
    checked,
    contract,
    deal,
    fresh,
    listing,
    mailbox,
    moderator,
    order_of,
    presence,
    profile,
    propose,
    review,
    say,
    vouch,
    warning,
    withdrawal,
    write,
)

from .keys import spelled
from .notation import Document, Json

NOBODY: Final = bytes.fromhex(SMALL_ORDER["order 8, first"])


def records() -> Document:
    return {
        "about": "SPEC 2 and 3: records that are read at the time `now`, and records that are not",
        "now": NOW,
        "records": [_shown(about, each) for about, each in _good().items()],
        "refused": [
            {"about": about, "code": _code(data), "hex": data.hex()} for about, data in _bad()
        ],
    }


def _shown(about: str, record: Record) -> Json:
    checked(record)
    return {
        "about": about,
        "hex": record.to_bytes().hex(),
        "signed": record.signed.hex(),
        "id": record.id.hex(),
        "kind": record.kind,
        "author": record.author.hex(),
        "made_at": record.made_at,
        "slot": record.slot.hex(),
        "revision": record.revision,
        "is_withdrawal": record.is_withdrawal,
    }


def _code(data: bytes) -> str:
    try:
        kinds.check(read(data), NOW)
    except Refusal as refusal:
        return refusal.code
    raise AssertionError(f"a bad record is read: {data[:40].hex()}")


def _good() -> Mapping[str, Record]:
    plain = listing()
    return {
        "a profile": profile(),
        "a profile with all fields": profile(
            name="安 Ann",
            about="two\nlines",
            region="DE-BE",
            roles=sorted(Part),
            revision=1,
        ),
        "a withdrawn profile": withdrawal(profile(), ANN),
        "a presence": presence(),
        "a presence without addresses, for the longest time": presence(addresses=()),
        "a listing": plain,
        "a listing with all fields": listing(
            title="一箱苹果",
            price="0.00012500 BTC",
            quantity=0,
            handling=18 * DAY,
            text="picked on Monday\nripe on Friday",
            region="台北",
            categories=("fruit", "slow-food", "किताब"),
            shipping=300,
            options=[Option(name="size", choices=(("S", 0), ("大", 25)))],
            questions=("who?", "où ?"),
            revision=REVISION_MAX,
        ),
        "a withdrawn listing": withdrawal(plain, BEN),
        "a vouch": vouch(),
        "a vouch of trust": vouch(strength=Strength.TRUST, seconds=5 * 365 * DAY, now=NOW - 7),
        "a vouch for a seller": vouch(part=Part.SELLER),
        "a vouch for a category": vouch(category="slow-food"),
        "a vouch for a seller of a category, with a deal": vouch(
            part=Part.SELLER, category="किताब", deal=deal(count=3)
        ),
        "a warning": warning(),
        "a warning of a buyer, with a deal": warning(part=Part.BUYER, deal=deal(count=0)),
        "a warning of her support, with a deal": warning(part=Part.SUPPORT, deal=deal()),
        "a vouch that holds for one more second": vouch(now=NOW - 59, seconds=60),
        "a revoked vouch": withdrawal(vouch(), CHEN),
        "a mailbox": mailbox(),
        "a mailbox at four hosts": mailbox(hosts=[fresh(str(n)).public_key for n in range(4)]),
        "a withdrawn mailbox": withdrawal(mailbox(), BEN),
        "an offer to moderate": moderator(),
        "an offer to moderate with all fields": moderator(
            fee=2_000, categories=("ceramics", "茶"), about="twenty years\nof bowls", revision=3
        ),
        "an offer to moderate, withdrawn": withdrawal(moderator(), DAI),
        "a review of a seller": review(text="well packed"),
        "a review of a buyer": review(BEN, ANN, role=Role.SELLER, rating=Rating.MIXED),
        "a bare receipt, the seller's highest count": review(rating=None, count=REVISION_MAX),
        "a review without a rating": review(rating=None, text="it came", revision=2),
        "a withdrawn review": withdrawal(review(), ANN),
        "a withdrawn review of an order that nobody licensed": _withdrawn("review", bytes(32)),
        "a proposal": propose(contract(quantity=2, note="by the gate", ship_to=bytes(80))),
        "an acceptance": say(BEN, Event.ACCEPT, [propose()], details={"note": "gladly"}),
        "an acceptance by a moderator, which no table allows": say(CHEN, Event.ACCEPT, [propose()]),
        "as far ahead as a clock may be": profile(now=NOW + FUTURE_SECONDS_MAX),
        "a body with a title of 140 characters, 560 bytes": listing(title="🍎" * 140),
        "text with U+FEFF": profile(about="\ufeffa\ufeff"),
        "a withdrawn presence of what is no peer id": _withdrawn("presence", bytes(42)),
        "a withdrawn vouch for nobody's key": _withdrawn("endorsement", NOBODY + bytes(16), NOW),
        "a withdrawn vouch for oneself": _withdrawn(
            "endorsement", CHEN.public_key + bytes(16), NOW
        ),
        "a record of 32,768 bytes": _of_size(RECORD_BYTES_MAX),
    }


def _withdrawn(kind: str, slot: bytes, revision: int = 0) -> Record:
    return make(CHEN.identity, kind, None, slot=slot, revision=revision, now=NOW)


def _of_size(size: int) -> Record:
    """A listing whose record is so many bytes, no field of it above its bound."""
    least = listing(title="🍎" * 140, text="a" * 8_000, region="a" * 80)
    fours, ones = divmod(size - len(least.to_bytes()), len("🍎".encode()) - 1)
    made = listing(
        title="🍎" * 140,
        text="🍎" * fours + "a" * (8_000 - fours),
        region="é" * ones + "a" * (80 - ones),
    )
    assert len(made.to_bytes()) == size
    return made


def _bad() -> Iterator[tuple[str, bytes]]:
    yield from _bad_form()
    for about, record in [*_bad_headers(), *_bad_bodies(), *_bad_reviews(), *_bad_entries()]:
        yield about, record.to_bytes()


def _bad_form() -> Iterator[tuple[str, bytes]]:
    good = listing()
    data = good.to_bytes()
    header: list[object] = [VERSION, "profile", ANN.public_key, NOW, b"", 0, {"name": "Ann"}]
    yield "a byte is missing", data[:-1]
    yield "a byte too many", data + b"\0"
    yield "a signature of 63 bytes", spelled(good.signed, good.signature[:-1])
    yield "no signature", spelled(good.signed)
    yield "a member too many", spelled(good.signed, good.signature, None)
    yield "the last bit of the signature is flipped", data[:-1] + bytes([data[-1] ^ 1])
    yield "signed by another", spelled(good.signed, ANN.identity.sign(DOMAIN + b"\0" + good.signed))
    yield "signed without the domain", spelled(good.signed, BEN.identity.sign(good.signed))
    yield "a header of six", _signed(ANN.identity, header[:-1])
    yield "a header of eight", _signed(ANN.identity, [*header, None])
    yield "version 2", _signed(ANN.identity, [2, "what", "comes"])
    yield "version true", _signed(ANN.identity, [True, *header[1:]])
    yield "a kind that is bytes", _signed(ANN.identity, [VERSION, b"profile", *header[2:]])
    yield "a time that is a float", _signed(ANN.identity, [*header[:3], 1.5, *header[4:]])
    yield "a revision that is false", _signed(ANN.identity, [*header[:5], False, header[6]])
    yield "a time below 0", _signed(ANN.identity, [*header[:3], -1, *header[4:]])
    yield "a slot of 65 bytes", _signed(ANN.identity, [*header[:4], bytes(65), *header[5:]])
    yield "a revision of 2^53", _signed(ANN.identity, [*header[:5], 2**53, header[6]])
    yield "a body that is a list", _signed(ANN.identity, [*header[:6], []])
    yield (
        "a header whose version takes two bytes",
        _signed_bytes(ANN.identity, b"\x97\xcc\x01" + spelled(*header)[2:]),
    )
    yield "an author of 31 bytes", _signed(ANN.identity, [*header[:2], bytes(31), *header[3:]])
    yield from _bad_members(header)
    yield "an author of small order", _signed(ANN.identity, [*header[:2], NOBODY, *header[3:]])


def _bad_members(header: list[object]) -> Iterator[tuple[str, bytes]]:
    good, mine = profile(), ANN.identity

    def said(**members: object) -> bytes:
        return _signed(mine, list({**dict(zip(MEMBERS, header, strict=True)), **members}.values()))

    yield "nothing", b""
    yield "a record that is a map", b"\x80"
    yield "a signed part that is text", spelled("a", good.signature)
    yield "a signature that is text", spelled(good.signed, "a" * 64)
    yield "a signed part that is not in bytes", spelled(header, good.signature)
    yield "a signed part of no bytes", _signed_bytes(mine, b"")
    yield "a header that is a map", _signed_bytes(mine, b"\x80")
    yield "a header without members", _signed(mine, [])
    yield "a header of version 1 alone", _signed(mine, [1])
    yield "version 2 alone", _signed(mine, [2])
    yield "version 0", said(version=0)
    yield "version -1", said(version=-1)
    yield "version 2 of the signature of another", spelled(
        spelled(2, *header[1:]), good.signature
    )  # fmt: skip
    yield "a version that is text", said(version="1")
    yield "a version that is nil", said(version=None)
    wrong: Mapping[str, list[object]] = {
        "kind": [None, 1],
        "author": ["a" * 32, None, [ANN.public_key]],
        "made_at": ["1700000000", None, True],
        "slot": ["", None, 0],
        "revision": ["0", None, True],
        "body": ["", True, 0, b""],
    }
    for name, values in wrong.items():
        for value in values:
            yield f"{name}: {value!r}"[:40], said(**{name: value})
    yield "a time of 2^53", said(made_at=2**53)
    yield "a revision below 0", said(revision=-1)
    yield "an author of 33 bytes", said(author=ANN.public_key + b"\0")
    yield "an author of no bytes", said(author=b"")
    yield "a body with a key that is an integer", said(body={1: 1})
    yield "a body in nine lists", said(body={"a": [[[[[[[1]]]]]]]})
    yield "1,025 values", said(body={"a": [None] * 1_016})
    yield "a byte after the header", _signed_bytes(mine, spelled(*header) + b"\0")
    yield "32,769 bytes", _of_size(RECORD_BYTES_MAX + 1).to_bytes()
    yield "two faults: an author of 31 bytes, a slot of 65", said(author=bytes(31), slot=bytes(65))
    yield "two faults: an author of small order, a slot of 65", said(author=NOBODY, slot=bytes(65))
    yield "two faults: a body that is text, an author of 31 bytes", said(body="", author=bytes(31))
    unsigned = Signature(bytes(64))
    yield "two faults: an author of small order, no signature", spelled(
        spelled(*header[:2], NOBODY, *header[3:]), unsigned
    )  # fmt: skip
    yield "two faults: a kind of later, no signature", spelled(
        spelled(1, "barter", *header[2:]), unsigned
    )  # fmt: skip
    yield "two faults: a kind of later, signed 601 seconds ahead", said(
        kind="barter", made_at=NOW + 601
    )  # fmt: skip
    yield "two faults: signed 601 seconds ahead, a profile with a slot", said(
        made_at=NOW + 601, slot=b"1"
    )  # fmt: skip


MEMBERS: Final = ("version", "kind", "author", "made_at", "slot", "revision", "body")


def _bad_headers() -> Iterator[tuple[str, Record]]:
    good = listing()
    assert good.body is not None

    def made(kind: str = good.kind, slot: bytes = good.slot, now: int = NOW) -> Record:
        return make(BEN.identity, kind, good.body, slot=slot, revision=0, now=now)

    yield "signed 601 seconds ahead", made(now=NOW + FUTURE_SECONDS_MAX + 1)
    yield "a kind of later", made(kind="barter")
    yield "a listing's slot of 31 bytes", made(slot=good.slot[:-1])
    yield "a listing in another author's slot", made(slot=listings.slot(ANN.public_key, b"n" * 16))
    yield (
        "a profile with a slot",
        make(ANN.identity, "profile", {"name": "Ann"}, slot=b"1", revision=0, now=NOW),
    )
    yield "a withdrawal of another's listing", withdrawal(good, ANN)
    yield "a withdrawn presence with a slot of 31 bytes", _withdrawn("presence", bytes(31))
    yield "a withdrawn presence with a slot of 43 bytes", _withdrawn("presence", bytes(43))
    yield "a withdrawn vouch with a slot of 32 bytes", _withdrawn("endorsement", bytes(32), NOW)
    yield "a withdrawn vouch at another revision than its time", _withdrawn(
        "endorsement", vouch().slot, NOW - 1
    )  # fmt: skip
    yield "a withdrawn profile with a slot", _withdrawn("profile", b"1")
    yield (
        "two faults: another author's slot, a field that is not listed",
        make(ANN.identity, good.kind, {"colour": "red"}, slot=good.slot, revision=0, now=NOW),
    )


def _bad_bodies() -> Iterator[tuple[str, Record]]:
    sale, word, place, self_told = listing(), vouch(), presence(), profile()
    assert sale.body is not None
    without = {key: value for key, value in sale.body.items() if key != "price"}
    yield (
        "a field is missing",
        make(BEN.identity, "listing", without, slot=sale.slot, revision=0, now=NOW),
    )
    wrong: Mapping[str, Mapping[str, Value]] = {
        "a field that is not listed": {"colour": "red"},
        "a title of 141 characters": {"title": "a" * 141},
        "an empty title": {"title": ""},
        "a title with a line end": {"title": "a\nb"},
        "a title that rewrites the terminal": {"title": "\x1b[2J"},
        "a title that turns the direction of text": {"title": "a\u202eb"},
        "a title that is not in NFC": {"title": "Caffe\u0301"},
        "a title that is bytes": {"title": b"apples"},
        "a text with a tab": {"text": "a\tb"},
        "a quantity that is true": {"quantity": True},
        "a quantity below 0": {"quantity": -1},
        "a price in no currency": {"price": [1, "EURO"]},
        "a price in small letters": {"price": [1, "eur"]},
        "a price in gold, which has no decimals": {"price": [1, "XAU"]},
        "a price below 0": {"price": [-1, "EUR"]},
        "a price with a third part": {"price": [1, "EUR", 2]},
        "handling in less than an hour": {"handling": 3_599},
        "categories out of order": {"categories": ["b", "a"]},
        "a category twice": {"categories": ["a", "a"]},
        "a category in capitals": {"categories": ["Fruit"]},
        "a category with a space": {"categories": ["slow food"]},
        "nine categories": {"categories": list("abcdefghi")},
        "a required field that is nil": {"title": None},
    }
    for about, fields in wrong.items():
        yield about, altered(sale, BEN, **fields)
    yield "a name that is nil", altered(self_told, ANN, name=None)
    yield "a vouch for nobody's key", _in_slot(
        word, endorsement.slot(PublicKey(NOBODY), Scope()), about=NOBODY
    )  # fmt: skip
    yield "a vouch in another person's slot", altered(word, CHEN, about=BEN.public_key)
    yield "a vouch in the slot of another role", altered(word, CHEN, role="seller")
    yield "a vouch in the slot of another category", altered(word, CHEN, category="tea")
    yield "a vouch for oneself", vouch(CHEN, CHEN.public_key)
    yield "a vouch that is over when it begins", altered(word, CHEN, expires_at=NOW)
    yield "a vouch for longer than five years", vouch(seconds=5 * 365 * DAY + 1)
    yield "a vouch of unknown strength", altered(word, CHEN, strength="love")
    yield "a vouch that is over", vouch(now=NOW - 60, seconds=60)
    yield "a vouch that is dated back: its revision is above its time", vouch(revision=NOW + 1)
    yield "a vouch whose revision is below its time", vouch(revision=NOW - 1)
    yield "two faults: a revision that is not its time, a field that is not listed", altered(
        vouch(revision=0), CHEN, colour="red"
    )  # fmt: skip
    yield "two faults: for oneself, for longer than five years", vouch(
        CHEN, CHEN.public_key, seconds=5 * 365 * DAY + 1
    )  # fmt: skip
    yield "two faults: a deal without a licence, and it is over", vouch(
        now=NOW - 60, seconds=60, deal=deal(BEN)
    )  # fmt: skip
    yield "a warning with the licence of somebody else", warning(deal=deal(BEN))
    yield "a warning with a licence for somebody else", warning(deal=deal(ANN, BEN))
    yield "a warning with another count than the licence", warning(
        deal=replace(deal(), count=2)
    )  # fmt: skip
    yield "a warning with a licence for another order", warning(
        deal=replace(deal(), order=order_of("second"))
    )  # fmt: skip
    yield "a warning of a seller, with a deal in which she bought", warning(
        part=Part.SELLER, deal=deal(count=0)
    )  # fmt: skip
    yield "a warning of a buyer, with a deal in which she sold", warning(
        part=Part.BUYER, deal=deal(count=1)
    )  # fmt: skip
    yield "an offer to moderate for more than a fifth", moderator(fee=2_001)
    yield "an offer to moderate with a slot", make(
        DAI.identity, "moderator", {"fee": 0}, slot=b"1", revision=0, now=NOW
    )  # fmt: skip
    yield "an offer to moderate without a fee", make(
        DAI.identity, "moderator", {}, slot=b"", revision=0, now=NOW
    )  # fmt: skip
    yield "a presence of another device", altered(place, ANN, peer=bytes(38))
    yield "a presence for longer than 30 days", presence(seconds=30 * DAY + 1)
    yield "seventeen addresses", presence(addresses=["/ip4/192.0.2.1/tcp/1"] * 17)


def _bad_reviews() -> Iterator[tuple[str, Record]]:
    good, other = review(ANN, BEN, count=3), review(ANN, CHEN, count=3)
    assert other.body is not None
    yield "a review with the licence of another", altered(good, ANN, licence=other.body["licence"])
    yield "a review of another than who gave the licence", altered(good, ANN, about=CHEN.public_key)
    yield "a review with another count than the licence", altered(good, ANN, count=4)
    yield "a review with the licence of another's order", altered(good, CHEN)
    yield (
        "a review of another order than the licence",
        make(ANN.identity, "review", good.body, slot=order_of("other"), revision=0, now=NOW),
    )
    yield "a review without a licence", altered(good, ANN, licence=bytes(64))
    yield "a review of oneself", review(ANN, ANN)
    yield "a review of a buyer with a count", review(BEN, ANN, role=Role.SELLER, count=1)
    yield "a review of a seller without a count", review(ANN, BEN, count=0)
    yield "a review by a moderator", altered(good, ANN, role="moderator")
    yield (
        "a review with a slot of 31 bytes",
        make(ANN.identity, "review", good.body, slot=bytes(31), revision=0, now=NOW),
    )
    yield "two faults: a review of oneself, without a licence", altered(
        review(ANN, ANN), ANN, licence=bytes(64)
    )  # fmt: skip
    yield "two faults: a review of a seller without a count, without a licence", altered(
        good, ANN, count=0
    )  # fmt: skip


def _in_slot(of: Record, slot: bytes, **body: Value) -> Record:
    assert of.body is not None
    return make(CHEN.identity, of.kind, {**of.body, **body}, slot=slot, revision=0, now=NOW)


def _bad_entries() -> Iterator[tuple[str, Record]]:
    opening, agreed = propose(), contract()
    said = say(BEN, Event.ACCEPT, [opening])
    key = BEN.order_identity(agreed.nonce)
    yield (
        "an entry that is revised",
        make(key, "order", said.body, slot=said.slot, revision=1, now=NOW),
    )
    yield (
        "an entry that is withdrawn",
        make(key, "order", None, slot=said.slot, revision=0, now=NOW),
    )
    yield "a step that follows nothing", write(BEN, agreed, Event.ACCEPT, role=Role.SELLER)
    yield "details with a field too many", say(BEN, Event.ACCEPT, [opening], details={"to": 1})
    yield "an offer without its amount", say(BEN, Event.OFFER, [opening])
    yield "a dispute without a reason", say(BEN, Event.DISPUTE, [opening])
    yield (
        "a refund that keeps something",
        say(BEN, Event.REFUND, [opening], details={"to_seller": 1}),
    )
    yield "a step of the seller's without his licence", write(
        BEN,
        agreed,
        Event.ACCEPT,
        role=Role.SELLER,
        seen=frozenset({opening.id}),
        details={"count": 1, "licence": b""},
    )  # fmt: skip
    yield "a counter by the buyer with a count", say(
        ANN, Event.COUNTER, [opening], details={"terms": agreed.terms.to_body(), "count": 1}
    )  # fmt: skip
    yield "a counter with a total that is not the sum", say(
        BEN, Event.COUNTER, [opening], details={"terms": _priced(agreed, 1_249).terms.to_body()}
    )  # fmt: skip
    yield "two faults: a binding for the other role, a count of the buyer's", _altered_by(
        key, said, role="buyer"
    )  # fmt: skip
    done, own = say(ANN, Event.CONFIRM, [opening]), ANN.order_identity(agreed.nonce)
    for role in (Role.SELLER, Role.MODERATOR):
        yield f"a binding for another role than {role}", _altered_by(own, done, role=role.value)
    yield "a moderator's acceptance with count and licence", say(
        CHEN, Event.ACCEPT, [opening], details={"count": 1, "licence": bytes(64)}
    )  # fmt: skip
    yield "the buyer proposes as seller", write(ANN, agreed, Event.PROPOSE, role=Role.SELLER)
    yield "a counter with deadlines that are longer than a lock", say(
        BEN, Event.COUNTER, [opening], details={"terms": _too_long().terms.to_body()}
    )  # fmt: skip
    yield (
        "two faults: a counter of another total, by the buyer with a count",
        say(
            ANN,
            Event.COUNTER,
            [opening],
            details={"terms": _priced(agreed, 1_249).terms.to_body(), "count": 1},
        ),
    )
    yield "an entry by a key that is not bound", _altered_by(ANN.identity, said)
    yield "an order that is not the contract's", _proposed(agreed, slot=bytes(32))
    yield "the seller proposes", write(BEN, agreed, Event.PROPOSE, role=Role.SELLER)
    yield "a stranger proposes as buyer", write(CHEN, agreed, Event.PROPOSE, role=Role.BUYER)
    yield (
        "a total that is not the price times the quantity",
        propose(_priced(agreed, 1_249)),
    )
    yield "a total in another currency", propose(_priced(agreed, 1_250, "USD"))
    yield (
        "deadlines that are longer than a lock",
        propose(_too_long()),
    )
    yield "a buyer who moderates", propose(contract(moderator=ANN.public_key))
    yield "a seller who moderates", propose(contract(moderator=BEN.public_key))
    yield "one buys from oneself", propose(replace(agreed, seller=ANN.public_key))
    yield "a rail that is not known", propose(replace(agreed, rail="btc"))
    yield (
        "a contract that is text",
        write(ANN, agreed, Event.PROPOSE, role=Role.BUYER, details={"contract": "none"}),
    )

    yield from _two_faults(agreed, said, key)


def _two_faults(agreed: Contract, said: Record, key: Identity) -> Iterator[tuple[str, Record]]:
    wrong = _priced(agreed, 1_249)
    yield (
        "two faults: another total, an order that is not the contract's",
        _proposed(wrong, slot=bytes(32)),
    )
    yield (
        "two faults: the seller proposes, an order that is not the contract's",
        _proposed(agreed, slot=bytes(32), role="seller"),
    )
    yield "two faults: an order that is not the contract's, a proposal that follows", _proposed(
        agreed, slot=bytes(32), seen=[bytes(32)]
    )  # fmt: skip
    yield "a proposal that follows something", _proposed(agreed, slot=agreed.id, seen=[bytes(32)])
    yield "two faults: the seller proposes, another total", write(
        BEN, wrong, Event.PROPOSE, role=Role.SELLER
    )  # fmt: skip
    yield "two faults: details with a field too many, a key that is not bound", _altered_by(
        ANN.identity, said, details={"to": 1}
    )  # fmt: skip
    yield "two faults: a step that follows nothing, a key that is not bound", _altered_by(
        ANN.identity, said, seen=[]
    )  # fmt: skip
    yield "two faults: an entry that is revised, a key that is not bound", make(
        ANN.identity, "order", said.body, slot=said.slot, revision=1, now=NOW
    )  # fmt: skip
    yield "an identity that is nobody's key", _altered_by(key, said, identity=NOBODY)
    yield "details that are a list", _altered_by(key, said, details=[])
    yield "details that are nil", _altered_by(key, said, details=None)


def _too_long() -> Contract:
    """One second longer than money may be locked."""
    return contract(handling=HANDLING_SECONDS_MAX, inspection=7 * DAY + 1)


def _priced(agreed: Contract, minor: int, code: str = "EUR") -> Contract:
    return replace(agreed, terms=replace(agreed.terms, total=Money(minor, code)))


def _altered_by(key: Identity, of: Record, **body: Value) -> Record:
    assert of.body is not None
    return make(key, of.kind, {**of.body, **body}, slot=of.slot, revision=0, now=of.made_at)


def _proposed(agreed: Contract, slot: bytes, **body: Value) -> Record:
    good = propose(agreed)
    assert good.body is not None
    key = ANN.order_identity(agreed.nonce)
    return make(key, "order", {**good.body, **body}, slot=slot, revision=0, now=NOW)


def _signed(identity: Identity, header: list[object]) -> bytes:
    return _signed_bytes(identity, spelled(*header))


def _signed_bytes(identity: Identity, signed: bytes) -> bytes:
    signature: Signature = identity.sign(DOMAIN + b"\0" + signed)
    return encode([signed, signature])
