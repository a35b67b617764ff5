"""Whatever a person types or a script sends: words in answer, never a stack trace."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from goodword.crypto.address import to_address
from goodword.crypto.keys import PublicKey
from goodword.node.reading import Misunderstood, NotFound
from goodword.protocol.errors import BadField, Refusal
from goodword.storage import listings
from goodword.storage.listings import Filter
from tests.make import ANN, BEN, CHEN, DAI, listing, profile, vouch
from tests.storage import dump
from tests.world import Trader, deliver, gossip, traders

Verb = Callable[..., object]

VERBS = [
    "market.publish",
    "market.revise",
    "market.withdraw",
    "market.list",
    "market.show",
    "market.search",
    "reputation.set_profile",
    "reputation.show_profile",
    "reputation.name",
    "reputation.forget",
    "reputation.list",
    "reputation.show",
    "reputation.note",
    "reputation.block",
    "reputation.unblock",
    "endorsing.vouch",
    "endorsing.revoke",
    "endorsing.list",
    "endorsing.warn",
    "endorsing.unwarn",
    "circle.follow",
    "circle.unfollow",
    "circle.feed",
    "notices.list",
    "notices.dismiss",
    "moderation.offer",
    "moderation.withdraw",
    "moderation.list",
    "reviewing.review",
    "reviewing.withdraw",
    "reviewing.list",
    "trading.place",
    "trading.list",
    "trading.show",
    "trading.counter",
    "trading.accept",
    "trading.reject",
    "trading.withdraw",
    "trading.paid",
    "trading.received",
    "trading.denied",
    "trading.on_delivery",
    "trading.ship",
    "trading.extend",
    "trading.confirm",
    "trading.refund",
    "trading.offer",
    "trading.agree",
    "trading.dispute",
    "trading.consent",
    "trading.verdict",
    "trading.executed",
]

SERVICES = (
    *("market", "reputation", "endorsing", "circle", "notices", "moderation", "reviewing"),
    "trading",
)

INSIDE = {"trading.say", "trading.others", "reviewing.publish", "notices.run", "notices.look"}
"""The clerk's way in, an order's, and the node's: they take no text for an id."""

HOSTILE = [
    "",
    " ",
    "\0",
    "\n",
    "\ud800",
    "gw1\ud800",
    "gw1",
    "GW1",
    to_address(ANN.public_key),
    to_address(ANN.public_key)[:8],
    to_address(BEN.public_key).upper(),
    to_address(DAI.public_key) + "q",
    "Ben",
    "e\u0301",
    "\u202eeB",
    "0000",
    "f" * 64,
    "f" * 65,
    "12.50 EUR",
    "0 EUR",
    "-1 EUR",
    "1e9 EUR",
    "12,50 EUR",
    "9999999999999999 EUR",
    "1 XXX",
    "1 ß",
    "1 \ud800",
    "\u0661 EUR",
    "3d",
    "0d",
    "999999y",
    "\u0663d",
    "1.5%",
    "99%",
    "know",
    "trust",
    "warn",
    "seller",
    "%' OR 1=1 --",
    '"',
    "x" * 40_000,
    "\U0001f642" * 9_000,
]

TEXTS = st.sampled_from(HOSTILE) | st.text(st.characters(), max_size=60)
NUMBERS = st.sampled_from([0, 1, -1, 5, 10**6, 10**6 + 1, 2**53, 2**63, 2**64, 10**30])


@pytest.fixture
def ann(tmp_path: Path) -> Generator[Trader]:
    """Ann, who sells to Ben, buys from him, and has heard of worse people."""
    with traders(tmp_path, [ANN, BEN]) as (ann, ben):
        ann.admit(listing(ANN, title="soap", nonce=b"s" * 16, quantity=9), profile(CHEN))
        ben.admit(listing(BEN, title="bread", nonce=b"b" * 16, quantity=9))
        ann.admit(vouch(CHEN, ANN.public_key), vouch(ANN, CHEN.public_key))
        gossip(ann, ben)
        gossip(ben, ann)
        for buyer, seller in ((ann, ben), (ben, ann)):
            (offered,) = seller.listings()
            buyer.trading.place(listing=offered["listing"], ship_to="here")
            deliver(buyer, seller)
        ann.reputation.name(person=ben.address, petname="Ben")
        yield ann


def ids(of: Trader) -> list[str]:
    """Ids that mean something here, and beginnings of them."""
    with of.database.reading() as db:
        rows = db.execute(
            "SELECT id FROM record UNION SELECT id FROM trade UNION SELECT slot FROM standing"
        ).fetchall()
    whole = [bytes(each).hex() for (each,) in rows if each]
    return sorted(whole + [each[:4] for each in whole])


def arguments(of: Trader, verb: Verb) -> st.SearchStrategy[Mapping[str, object]]:
    """Values of the right type, whatever they say."""
    texts = TEXTS | st.sampled_from(ids(of))
    kinds: Mapping[str, st.SearchStrategy[object]] = {
        "str": texts,
        "int": NUMBERS,
        "list[str]": st.lists(texts, max_size=12),
    }
    parameters = inspect.signature(verb).parameters.values()
    named = {each.name: kinds[str(each.annotation).split(" | ")[0]] for each in parameters}
    required = {each.name for each in parameters if each.default is inspect.Parameter.empty}
    return st.fixed_dictionaries(
        {name: kind for name, kind in named.items() if name in required},
        optional={name: kind for name, kind in named.items() if name not in required},
    )


def answer(verb: Verb, given: Mapping[str, object]) -> str:
    """What is said of what is wrong; nothing where all is well."""
    try:
        result = verb(**given)
        if inspect.isawaitable(result):
            trio.run(_awaited, result)
    except (Misunderstood, NotFound, Refusal) as error:
        return f"{error} ({error.hint})"
    return ""


async def _awaited(result: Awaitable[object]) -> object:
    return await result


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_answers_or_says_what_is_wrong(ann: Trader, name: str) -> None:
    service, method = name.split(".")
    verb: Verb = getattr(getattr(ann, service), method)

    @given(arguments(ann, verb))
    @settings(max_examples=60)
    def check(said: Mapping[str, object]) -> None:
        assert is_plain(answer(verb, said))

    check()


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_answers_to_each_hostile_text(ann: Trader, name: str) -> None:
    """In each argument of its own, beside others that make sense."""
    service, method = name.split(".")
    verb: Verb = getattr(getattr(ann, service), method)
    parameters = inspect.signature(verb).parameters.values()
    texts = [each.name for each in parameters if each.annotation.startswith("str")]
    for text in texts:
        for hostile in HOSTILE:
            given = {each: sense(ann, service, each) for each in texts} | {text: hostile}
            assert is_plain(answer(verb, given))


def is_plain(words: str) -> bool:
    """They can be written to any terminal or file."""
    return words == words.encode().decode()


def sense(of: Trader, service: str, parameter: str) -> str:
    """A value with which the verb gets as far as it can."""
    with of.database.reading() as db:
        found = listings.search(db, "", Filter(), 9)
        (order,) = db.execute("SELECT id FROM trade WHERE role = 'seller'").fetchone()
    known = {
        "listing": next(
            each.record.slot.hex()
            for each in found
            if (each.record.author == of.me) == (service == "market")
        ),
        "order": bytes(order).hex(),
        "person": "Ben",
        "seller": of.address,
        "price": "3 EUR",
        "max_price": "3 EUR",
        "amount": "3 EUR",
        "keep": "",
        "handling": "3d",
        "expires": "1y",
        "strength": "know",
        "fee": "1%",
        "other": "Ben",
    }
    return known.get(parameter, "well")


def test_the_verbs_are_all_of_them(ann: Trader) -> None:
    found = {
        f"{service}.{name}"
        for service in SERVICES
        for name, _ in inspect.getmembers(getattr(ann, service), inspect.ismethod)
        if not name.startswith("_") and f"{service}.{name}" not in INSIDE
    }
    assert found == set(VERBS)


def test_what_went_wrong_left_the_database_sound(ann: Trader) -> None:
    assert ann.database.problems() == []
    before = dump.views(ann.database)
    with suppress(Misunderstood):
        ann.market.publish(title="x", price="x")
    assert dump.views(ann.database) == before


def test_a_vouch_for_a_key_that_nobody_can_have_harms_nobody(tmp_path: Path) -> None:
    """Anybody can sign one; it must not break the search for people by their address."""
    with traders(tmp_path, [ANN]) as (ann,):
        nobody = PublicKey(b"\x02" + bytes(31))
        with pytest.raises(BadField, match="about"):
            ann.admit(vouch(DAI, nobody))
        with pytest.raises(NotFound):
            ann.reputation.show(person="gw1qqqq")
