"""Listings and orders, as two traders see them who type commands."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from goodword.cli.failure import DISK, OK, REFUSED, USAGE
from goodword.crypto.address import to_address
from goodword.protocol.endorsement import Strength
from goodword.protocol.scope import Part
from tests.cli.conftest import Street
from tests.cli.desk import Desk, Done
from tests.make import ANN, BEN, DAI, fresh, vouch


async def sold(street: Street, *more: str) -> str:
    """Ben's listing, of which Ann knows; its id."""
    answer = await street.ben.ask(
        "listing", "new", "--title", "Red bicycle", "--price", "120 EUR", *more
    )
    street.gossip()
    return str(answer["listing"])


async def ordered(street: Street, *more: str) -> str:
    """Ann's order of it, of which Ben knows; its id."""
    answer = await street.ann.ask("order", "place", await sold(street, "--quantity", "3"), *more)
    street.deliver()
    return str(answer["order"])


async def step(street: Street, desk: Desk, verb: str, order: str, *more: str) -> Done:
    done = await desk("order", verb, order[:8], *more)
    assert done.status == OK, done.err
    street.deliver()
    return done


# --- listings ----------------------------------------------------------------------------------


async def test_what_is_published_is_shown(street: Street) -> None:
    done = await street.ben(
        *("listing", "new", "--title", "Red bicycle", "--price", "120 EUR", "--quantity", "2"),
        *("--category", "Bikes", "--category", "sport", "--region", "Berlin", "--handling", "2d"),
        *("--text", "Very red.\n\nVery fast."),
    )
    assert done.status == OK
    lines = done.out.splitlines()
    assert lines[0].startswith("published: ")
    assert lines[1:5] == ["Red bicycle, 120.00 EUR each", "Very red.", "", "Very fast."]
    for line in (
        "categories    bikes, sport",
        "ships within  2 d",
        "region        Berlin",
        "your own listing",
    ):
        assert line in lines


async def test_a_description_comes_from_a_file(street: Street, tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_text("Very red.\n")
    answer = await street.ben.ask(
        "listing", "new", "--title", "a", "--price", "1 EUR", "--file", str(file)
    )
    assert answer["text"] == "Very red."


@pytest.mark.parametrize(("content", "status"), [(None, DISK), (b"\xff", USAGE)])
async def test_a_file_that_cannot_be_read_is_named(
    street: Street, tmp_path: Path, content: bytes | None, status: int
) -> None:
    file = tmp_path / "text"
    if content is not None:
        file.write_bytes(content)
    done = await street.ben(
        "listing", "new", "--title", "a", "--price", "1 EUR", "--file", str(file)
    )
    assert (done.status, done.out) == (status, "")
    assert str(file) in done.err


async def test_a_search_tells_who_vouches_for_the_seller(street: Street) -> None:
    listing = await sold(street, "--region", "Berlin", "--category", "bikes")
    _, ben = street.addresses
    assert (
        await street.ann("vouch", "for", ben, "--how", "met", "--strength", "trust")
    ).status == 0
    await street.ann("person", "name", ben, "Ben")
    done = await street.ann("listing", "search", "red", "bicy")
    assert done.out.splitlines() == [
        f"{listing[:8]}  Red bicycle, 120.00 EUR",
        "          1 piece, Berlin, bikes",
        "          from Ben",
        "          known, good: you vouch for them",
    ]


async def test_a_search_tells_what_my_friends_say(street: Street) -> None:
    await sold(street)
    now, eve, zoe = int(time.time()), fresh("Eve"), fresh("Zoe")
    street.ann_hears(
        vouch(ANN, eve.public_key, strength=Strength.TRUST, now=now),
        vouch(ANN, zoe.public_key, now=now),
        vouch(eve, BEN.public_key, part=Part.SELLER, category="tea", now=now),
        vouch(zoe, BEN.public_key, strength=Strength.WARN, how="came late", now=now),
    )
    for person, name in ((eve, "Eve"), (zoe, "Zoe")):
        await street.ann("person", "name", to_address(person.public_key), name)
    done = await street.ann("listing", "search", "bicycle")
    assert done.out.splitlines()[-1] == (
        "          warned: Eve, whom you trust, vouches for their tea; Zoe, whom you know, warns"
        " about them (“came late”); for them only through Eve; against them only through Zoe"
    )


async def test_several_finds_are_apart_and_none_is_said(street: Street) -> None:
    await sold(street)
    await sold(street)
    done = await street.ann("listing", "search", "bicycle")
    assert done.out.count("Red bicycle") == 2
    assert "\n\n" in done.out
    for options in (
        ["--max-price", "100 EUR"],
        ["--category", "x"],
        ["--region", "x"],
        ["--limit", "1", "x"],
    ):
        assert (await street.ann("listing", "search", *options)).out == "nothing found\n"


async def test_a_listing_is_revised_and_withdrawn(street: Street) -> None:
    listing = await sold(street)
    done = await street.ben("listing", "revise", listing[:8], "--price", "110 EUR")
    assert done.out.startswith("Red bicycle, 110.00 EUR\n")
    done = await street.ben("listing", "withdraw", listing[:8])
    assert done.out == f"withdrawn: {listing[:8]}\n"
    assert (await street.ben("listing", "list")).out == "nothing found\n"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["listing", "show", "zz"], USAGE, "id of a listing"),
        (["listing", "show", "123"], USAGE, "too short"),
        (["listing", "show", "1234"], REFUSED, "no listing 1234"),
        (["listing", "new", "--title", "a", "--price", "12"], USAGE, "12.50 EUR"),
        (["listing", "new", "--title", "a", "--price", "1 ZZZ"], USAGE, "ZZZ"),
        (["listing", "new", "--title", "", "--price", "1 EUR"], REFUSED, "title"),
        (
            ["listing", "new", "--title", "a", "--price", "1 EUR", "--handling", "soon"],
            USAGE,
            "not a duration",
        ),
        (["listing", "new", "--title", "a\ud800", "--price", "1 EUR"], USAGE, "title"),
        (["listing", "revise", "1234", "--price", "1 EUR"], REFUSED, "no listing"),
        (["listing", "list", "Nobody"], REFUSED, "nobody is called"),
        (["listing", "search", "--limit", "0"], USAGE, "limit"),
        (["person", "show", "gw1qqqq"], REFUSED, "gw1qqqq"),
        (["person", "name", "gw1qqqq", "Ben"], REFUSED, "gw1qqqq"),
        (["person", "forget", "Ben"], REFUSED, "nobody is called"),
        (["vouch", "for", "Ben", "--how", "met"], REFUSED, "nobody is called"),
        (["vouch", "revoke", "Ben"], REFUSED, "nobody is called"),
        (["order", "place", "1234"], REFUSED, "no listing"),
        (["order", "show", "1234"], REFUSED, "no order"),
        (["order", "accept", "x"], USAGE, "id of an order"),
    ],
)
async def test_a_wrong_word_is_told_in_words(
    street: Street, arguments: list[str], status: int, words: str
) -> None:
    done = await street.ann(*arguments)
    assert (done.status, done.out) == (status, "")
    assert words in done.err
    assert "Traceback" not in done.err


# --- orders ------------------------------------------------------------------------------------

BY_ITSELF = "if nobody does anything until "


def sentence(done: Done) -> str:
    """What happens by itself; said once, whenever anything can."""
    (found,) = [line for line in done.out.splitlines() if line.startswith(BY_ITSELF)]
    return found


async def test_an_order_says_what_happens_by_itself_from_beginning_to_end(street: Street) -> None:
    order = await ordered(street, "--quantity", "2", "--note", "by Friday", "--ship-to", "Berlin")
    nothing_owed = "the order ends and nobody owes anything"
    the_sellers = "the order is completed and the money is the seller's"
    disputed = "the order is disputed: the two must agree, or the moderator decides"

    shown = await street.ben("order", "show", order[:8])
    assert shown.out.startswith(f"{order[:8]}  2 x Red bicycle, 240.00 EUR\nyou sell to ")
    assert "it is your turn" in shown.out
    assert "ship to       Berlin" in shown.out
    assert f"you can: goodword order accept {order[:8]}\n" in shown.out
    assert f"you can: goodword order reject {order[:8]}\n" in shown.out
    assert sentence(shown).endswith(nothing_owed)
    assert sentence(await street.ann("order", "show", order)).endswith(nothing_owed)

    done = await step(street, street.ben, "accept", order, "--note", "with pleasure")
    assert "accepted: “with pleasure”" in done.out
    assert sentence(done).endswith(nothing_owed)
    done = await step(
        *(street, street.ann, "paid", order, "--method", "SEPA", "--amount", "240 EUR"),
        *("--payer", "Ann", "--reference", "bicycle"),
    )
    assert "method SEPA, " in done.out
    assert "amount 240.00 EUR" in done.out
    assert "it is the turn of gw1" in done.out
    assert sentence(done).endswith(disputed)
    assert sentence(await step(street, street.ben, "received", order)).endswith(disputed)
    done = await step(street, street.ben, "ship", order, "--tracking", "0034")
    assert "shipped: tracking 0034" in done.out
    assert sentence(done).endswith(the_sellers)
    assert sentence(await street.ann("order", "show", order)).endswith(the_sellers)
    done = await step(street, street.ann, "confirm", order)
    assert "over: completed, the money is the seller's" in done.out
    assert BY_ITSELF not in done.out
    assert "you can" not in done.out


async def test_payment_on_delivery_and_a_partial_refund(street: Street) -> None:
    order = await ordered(street)
    await step(street, street.ben, "accept", order)
    await step(street, street.ben, "on-delivery", order)
    done = await street.ben("order", "refund", order, "--keep", "5 USD")
    assert (done.status, done.out) == (USAGE, "")
    done = await step(street, street.ben, "refund", order, "--keep", "20 EUR")
    assert "you offer: 20.00 EUR to the seller, the rest back to the buyer" in done.out
    shown = await street.ann("order", "show", order)
    assert f"you can: goodword order agree {order[:8]}\n" in shown.out
    done = await step(street, street.ann, "agree", order)
    assert "to the seller  20.00 EUR" in done.out
    assert "over: refunded" in done.out


async def test_a_negotiation_is_shown_round_by_round(street: Street) -> None:
    order = await ordered(street, "--price", "100 EUR")
    shown = await street.ben("order", "show", order)
    assert "round 1, the buyer, " in shown.out
    assert "  price: 120.00 EUR -> 100.00 EUR\n" in shown.out
    done = await step(
        *(street, street.ben, "counter", order, "--price", "110 EUR", "--handling", "5d"),
        *("--note", "with a new bell"),
    )
    assert "countered: the seller asks for other terms" in done.out
    assert "round 2, you, " in done.out
    assert "  price: 100.00 EUR -> 110.00 EUR\n" in done.out
    assert "  shipped within: 3 d -> 5 d\n" in done.out
    assert "  note: none -> with a new bell\n" in done.out
    done = await step(street, street.ann, "accept", order)
    assert "accepted: the payment is due" in done.out
    assert done.out.startswith(f"{order[:8]}  Red bicycle, 110.00 EUR\n")
    same = await street.ann("order", "counter", order)
    assert same.status == USAGE
    assert "nothing is changed" in same.err


async def test_a_moderator_is_named_ready_and_decides(street: Street) -> None:
    """Here the two only; who moderates and what he sees is in the tests of the node."""
    stranger = to_address(DAI.public_key)
    order = await ordered(street, "--moderator", stranger)
    shown = await street.ben("order", "show", order)
    assert f"moderator     {stranger[:12]}…: has not said yet that he is ready\n" in shown.out
    done = await step(street, street.ben, "counter", order, "--moderator", "nobody")
    assert f"  moderator: {stranger[:12]}… for 0.00 EUR -> none\n" in done.out
    dispute = await street.ann("order", "dispute", order, "--because", "no bell")
    assert dispute.status == REFUSED
    assert "the order is countered: dispute is not possible now" in dispute.err
    verdict = await street.ann("order", "verdict", order, "--to-seller", "1 EUR")
    assert verdict.status == USAGE
    assert "--because" in verdict.err


async def test_a_settled_order_is_reviewed(street: Street) -> None:
    order = await ordered(street)
    early = await street.ann("order", "review", order, "--rating", "good")
    assert early.status == REFUSED
    assert "the order is proposed: only what was settled can be reviewed" in early.err
    for desk, verb in (
        (street.ben, "accept"),
        (street.ben, "on-delivery"),
        (street.ann, "confirm"),
    ):
        await step(street, desk, verb, order)
    done = await street.ann("order", "review", order, "--rating", "good", "--text", "it rings")
    assert done.out.startswith("good, of gw1")
    assert "    it rings\n" in done.out
    wrong = await street.ben("order", "review", order, "--rating", "great")
    assert wrong.status == USAGE
    assert "'great' is no rating" in wrong.err


@pytest.mark.parametrize(("who", "verb"), [("ben", "reject"), ("ann", "withdraw")])
async def test_an_order_is_called_off(street: Street, who: str, verb: str) -> None:
    order = await ordered(street)
    desk = street.ann if who == "ann" else street.ben
    done = await step(street, desk, verb, order)
    assert "over: cancelled, nobody owes anything" in done.out


async def test_a_step_that_is_not_open_is_refused(street: Street) -> None:
    order = await ordered(street)
    done = await street.ann("order", "accept", order, "--json")
    assert done.status == REFUSED
    assert done.answer["error"]["code"] == "order.not_yours"
    assert "`goodword order show`" in done.err


async def test_the_list_shows_whose_turn_it_is_and_what_waits(street: Street) -> None:
    assert (await street.ann("order", "list")).out.startswith("no orders yet")
    listing = await sold(street)
    order = (await street.ann.ask("order", "place", listing))["order"]
    _, first = (await street.ann("order", "list")).out.splitlines()
    assert first.startswith(f"{order[:8]}  buy from gw1")
    assert first.endswith("1 letter waiting")
    street.deliver()
    _, first = (await street.ben("order", "list")).out.splitlines()
    assert first.startswith(f"{order[:8]}  sell to gw1")
    assert first.endswith("your turn")


async def test_what_is_not_delivered_yet_is_marked(street: Street) -> None:
    listing = await sold(street)
    done = await street.ann("order", "place", listing)
    assert done.out.splitlines()[-1].endswith("queued")
    street.deliver()
    done = await street.ann(
        "order", "show", (await street.ann.ask("order", "list"))["orders"][0]["order"]
    )
    assert done.out.splitlines()[-1].endswith("at the peer")


async def test_what_has_run_out_and_what_is_void_are_told(street: Street) -> None:
    from goodword.cli.commands.orders import COMMANDS
    from goodword.cli.page import plain

    answer = await street.ann.ask("order", "show", await ordered(street))
    answer["void"] = [{"role": "seller", "event": "accept", "why": "overtaken"}]
    answer["signed_both_ways"] = ["seller"]
    answer["state"], answer["open_steps"] = "half_way", ["withdraw", "a_step_of_tomorrow"]
    show = next(each for each in COMMANDS if each.verb == "show")
    text = "\n".join(line for each in show.show(answer, answer["deadline"]) for line in plain(each))
    assert "nobody did anything until " in text
    assert "unless somebody does now, the order ends and nobody owes anything" in text
    assert "without effect: the seller accepted (overtaken)" in text
    assert "the seller signed two ways at once" in text
    assert "half way" in text
    assert text.count("you can: ") == 1
