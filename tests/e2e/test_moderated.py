"""Three real nodes: a buyer and a seller who haggle, and a moderator whom they call in the end."""

from __future__ import annotations

from functools import partial

from tests.e2e.street import Street, is_sealed, offer, place, sees, story
from tests.nodes import Node


def test_a_counter_names_a_moderator_who_is_called_and_decides(street: Street) -> None:
    """The proposal does not name him: he hears of the order when it is accepted, all at once."""
    ann, ben, chen = street.live("ann", "ben", "chen")
    listing = offer(ann, ben, chen)
    chen.ask("moderator.offer", fee="2%")
    ann.until(lambda: bool(ann.ask("moderator.list")["moderators"]))
    order = place(ben, listing, price="20 EUR")
    reaches("proposed", order, ann)
    ann.ask("order.counter", order=order, price="22 EUR", moderator=chen.person)
    reaches("countered", order, ben)
    ben.ask("order.accept", order=order)
    reaches("accepted", order, ann, chen)
    assert chen.order(order)["role"] == "moderator"
    chen.ask("order.consent", order=order)
    for each in (ann, ben):
        each.until(partial(has_consent, each, order))
    ben.ask("order.paid", order=order, reference="tea bowl")
    reaches("pay_claimed", order, ann, chen)
    ann.ask("order.denied", order=order)
    reaches("disputed", order, ben, chen)
    chen.ask("order.verdict", order=order, to_seller="5 EUR", reasons="the receipt is for 5 EUR")
    reaches("decided", order, ann, ben)
    ann.ask("order.executed", order=order)
    reaches("resolved", order, ben, chen)
    for each in (ann, ben, chen):
        each.until(partial(is_sealed, each, order))
    told = [each.order(order) for each in (ann, ben, chen)]
    assert story(told[0]) == story(told[1]) == story(told[2])
    assert {each["to_seller"]["text"] for each in told} == {"5.00 EUR"}
    assert told[0]["terms"]["fee"]["text"] == "0.44 EUR"
    ben.ask("order.review", order=order, rating="mixed", text="it came to a verdict")
    chen.until(lambda: has_receipt(chen, ann))


def reaches(state: str, order: str, *nodes: Node) -> None:
    for each in nodes:
        each.until(partial(sees, each, order, state))


def has_consent(node: Node, order: str) -> bool:
    return bool(node.order(order)["has_consent"])


def has_receipt(reader: Node, seller: Node) -> bool:
    shown = reader.ask("person.show", person=seller.person)
    return bool(shown["receipts"]["as_seller"]["orders"] == 1)
