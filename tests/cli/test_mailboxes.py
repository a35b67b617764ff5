"""Mailboxes, as somebody sees them who types commands."""

from __future__ import annotations

import pytest

from goodword.cli.commands.mailboxes import COMMANDS
from goodword.cli.commands.orders import _delivery
from goodword.cli.failure import OK, REFUSED, USAGE
from goodword.cli.page import plain
from tests.cli.conftest import Street
from tests.cli.desk import Answer

BEN: Answer = {"address": "gw1qqqqqqqqqqqqq", "did": "", "petname": "Ben", "name": None}
CHEN: Answer = {**BEN, "petname": "Chen"}


async def test_a_friend_is_hosted_and_evicted(street: Street) -> None:
    _, ben = street.addresses
    await street.ann("person", "name", ben, "Ben")
    assert "you keep letters for nobody" in (await street.ann("mailbox", "show")).out
    done = await street.ann("mailbox", "host", "Ben", "--quota", "2MB")
    assert done.status == OK
    assert done.out.splitlines()[-1].split() == ["Ben", "0", "0", "B", "of", "2", "MB"]
    assert (await street.ann("mailbox", "evict", "Ben")).status == OK
    assert (await street.ann("mailbox", "evict", "Ben")).status == REFUSED


async def test_friends_are_asked_to_keep_letters_and_left(street: Street) -> None:
    ann, ben = street.addresses
    await street.ben("person", "name", ann, "Ann")
    done = await street.ben("mailbox", "use", "Ann")
    assert done.out.startswith("your letters are kept by Ann\n")
    assert (await street.ben("mailbox", "leave")).out.startswith("nobody keeps your letters")
    assert (await street.ben("mailbox", "leave")).status == REFUSED
    assert (await street.ben("mailbox", "use", ben)).status == REFUSED


@pytest.mark.parametrize("quota", ["1", "1 TB", "much", "1kB", "2GB"])
async def test_a_quota_is_a_size_within_bounds(street: Street, quota: str) -> None:
    _, ben = street.addresses
    assert (await street.ann("mailbox", "host", ben, "--quota", quota)).status == USAGE


async def test_nobody_hosts_herself_or_uses_five(street: Street) -> None:
    ann, ben = street.addresses
    assert (await street.ann("mailbox", "host", ann)).status == USAGE
    assert (await street.ann("mailbox", "use")).status == USAGE
    assert (await street.ann("mailbox", "use", ben, ben)).status == OK


def test_letters_that_are_kept_are_counted() -> None:
    guest = {
        "person": BEN,
        "quota_bytes": 1_000_000,
        "letters": 3,
        "bytes": 4_500,
        "oldest_at": 86_400,
    }
    answer: Answer = {"hosts": [CHEN, BEN], "guests": [guest]}
    show = next(each for each in COMMANDS if each.verb == "show")
    text = "\n".join(line for each in show.show(answer, 86_400) for line in plain(each))
    assert text.startswith("your letters are kept by Chen, then Ben\n")
    assert "4.5 kB of 1 MB" in text


@pytest.mark.parametrize(
    ("delivery", "shown"),
    [
        ([], ""),
        ([(BEN, "at the peer", None)], "at the peer"),
        ([(BEN, "refused", "order.listing_gone")], "refused: order.listing_gone"),
        ([(BEN, "read", None), (CHEN, "at a mailbox", None)], "Ben: read, Chen: at a mailbox"),
    ],
)
def test_one_recipient_needs_no_name(
    delivery: list[tuple[Answer, str, str | None]], shown: str
) -> None:
    told = [{"person": who, "state": state, "code": code} for who, state, code in delivery]
    assert _delivery(told) == shown
