"""The words and the code say the same: quotes, tables, diagrams, bounds and codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from goodword.crypto.person import IDENTITY_PURPOSE, LETTER_TOKEN_PURPOSE, ORDER_KEY_PURPOSE
from goodword.node.crier import TOPICS_PEOPLE_MAX
from goodword.node.guards.limits import FRAME_BYTES_MAX
from goodword.protocol import (
    bundle,
    contract,
    endorsement,
    entry,
    evidence,
    exchange,
    gossip,
    interest,
    letter,
    licence,
    listing,
    mailbox,
    mailroom,
    moderator,
    presence,
    profile,
    record,
    review,
    terms,
    topics,
    work,
)
from goodword.protocol.codec import Value
from goodword.protocol.entry import DETAILS, Event
from goodword.protocol.errors import BadField, TooLarge
from goodword.protocol.fields import Schema
from goodword.protocol.letter import Fate
from goodword.protocol.money import NOT_ISO
from tests.make import ANN, fresh

from .tables import (
    error_table,
    finding_table,
    kind_table,
    limit_rows,
    step_diagram,
    step_table,
    times_table,
    window_table,
)

ROOT = Path(__file__).parents[2]
SPEC = (ROOT / "protocol" / "SPEC.md").read_text(encoding="utf-8")
QUOTE = re.compile(r'# SPEC ([\d.]+): "(.+?)"', re.DOTALL)
CODE = [
    each
    for folder in ("cli", "node", "storage", "protocol", "crypto")
    for each in sorted((ROOT / folder).rglob("*.py"))
]


def section(number: str) -> str:
    """The section, from its heading to the next, with single spaces."""
    found = re.search(rf"^#+ {re.escape(number)} .*?(?=^#|\Z)", SPEC, re.DOTALL | re.MULTILINE)
    assert found, f"the spec has no section {number}"
    return " ".join(found[0].split())


def quotes() -> list[tuple[str, str, str]]:
    return [
        (path.relative_to(ROOT).as_posix(), number, re.sub(r"\s*\n\s*#?\s*", " ", quote))
        for path in CODE
        for number, quote in QUOTE.findall(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("path", "number", "quote"), quotes())
def test_a_quoted_rule_is_in_the_spec(path: str, number: str, quote: str) -> None:
    assert quote in section(number), f"{path}: section {number} says otherwise"


def test_rules_are_quoted() -> None:
    assert {number for _, number, _ in quotes()} >= {
        *("2.1", "2.2", "2.4", "2.5", "3.2", "3.3", "3.4", "3.8", "3.9"),
        *("4.1", "4.2", "4.4", "4.5", "4.6", "4.9", "5.2", "5.5", "5.7", "5.8", "5.9"),
        *("6.1", "6.2", "6.3"),
    }


@pytest.mark.parametrize("reference", sorted(set(re.findall(r"\((\d\.\d)\b", SPEC))))
def test_a_reference_leads_somewhere(reference: str) -> None:
    assert section(reference)


# --- tables ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table",
    [
        error_table,
        kind_table,
        step_table,
        step_diagram,
        window_table,
        times_table,
        finding_table,
    ],
)
def test_a_table_of_the_spec_is_that_of_the_code(table: object) -> None:
    assert callable(table)
    assert f"\n\n{table()}\n\n" in SPEC


def test_every_bound_is_in_the_spec() -> None:
    table = SPEC.partition("\n### 5.6 ")[2].partition("\n## ")[0]
    rows = re.findall(r"^(\| `[A-Z_]+` \| [\d,]+ \|) .+ \|$", table, re.MULTILINE)
    assert rows == limit_rows()


@pytest.mark.parametrize(
    ("number", "word"),
    [
        ("1.1", IDENTITY_PURPOSE.decode()),
        ("1.1", ORDER_KEY_PURPOSE.decode()),
        ("1.5", record.DOMAIN.decode()),
        ("1.5", listing.SLOT_DOMAIN.decode()),
        ("1.5", contract.DOMAIN.decode()),
        ("1.5", entry.BINDING_DOMAIN.decode()),
        ("1.5", licence.DOMAIN.decode()),
        ("4.10", evidence.MAGIC),
        *(("4.10", limit) for limit in evidence.LIMITS),
        ("5.1", f"at most {FRAME_BYTES_MAX:,} bytes"),
        ("5.2", f"`{letter.PROTOCOL}`"),
        ("5.2", "token: 32 bytes"),
        ("5.2", LETTER_TOKEN_PURPOSE.decode()),
        ("5.2", work.DOMAIN.decode()),
        ("5.2", f"work: {work.WORK_BYTES} bytes"),
        ("1.5", work.DOMAIN.decode()),
        ("1.5", letter.ENVELOPE_DOMAIN.decode()),
        ("1.5", mailroom.DOMAIN.decode()),
        ("5.5", f"`{mailroom.PROTOCOL}`"),
        ("3.7", f"3.7 {mailbox.KIND}:"),
        ("1.5", interest.DOMAIN.decode()),
        ("1.5", topics.DOMAIN.decode()),
        ("5.3", f"`{topics.BEGINNING}`"),
        ("5.3", f"each name has {topics.TOPIC_CHARS} characters"),
        ("5.3", f"in those of {TOPICS_PEOPLE_MAX} people"),
        ("5.3", f"`{gossip.TOPIC}`"),
        ("5.4", f"`{exchange.PROTOCOL}`"),
        ("5.8", f"`{bundle.MAGIC[:-1].decode()}`"),
        ("5.8", f"the integer {bundle.VERSION}"),
        ("3.6", ", ".join(f"`{code}` {digits}" for code, digits in list(NOT_ISO.items())[:2])),
        *(("5.2", f"`{fate}`") for fate in Fate),
        *(
            (each, f"{each} {name}:")
            for each, name in [("3.1", profile.KIND), ("3.2", presence.KIND)]
        ),
        ("1.5", endorsement.SCOPE_DOMAIN.decode()),
        ("3.3", f"3.3 {listing.KIND}:"),
        ("3.4", f"3.4 {endorsement.KIND}:"),
        ("3.8", f"3.8 {moderator.KIND}:"),
        ("3.9", f"3.9 {review.KIND}:"),
    ],
)
def test_a_name_is_in_the_spec(number: str, word: str) -> None:
    assert word in section(number)


def test_the_largest_message_of_catch_up_is_as_the_spec_says() -> None:
    assert "A message of catch-up is at most 327,680 bytes." in section("5.4")
    with pytest.raises(TooLarge, match="the limit is 327680"):
        exchange.read(bytes(327_681))


# --- fields ------------------------------------------------------------------------------------


class Row(NamedTuple):
    name: str
    holds: str
    is_required: bool


class Probes(NamedTuple):
    """Values at the bounds, and just over them."""

    good: list[Value]
    bad: list[Value]


SCHEMAS: Mapping[str, Schema] = {
    "3.1": profile.SCHEMA,
    "3.2": presence.SCHEMA,
    "3.3": listing.SCHEMA,
    "3.4": endorsement.SCHEMA,
    "3.7": mailbox.SCHEMA,
    "3.8": moderator.SCHEMA,
    "3.9": review.SCHEMA,
    "4.1": contract.SCHEMA,
    "4.2": entry.SCHEMA,
}
BOUNDS = r"(?P<low>[\d,]+)…(?P<high>[\d,]+)"


def rows(number: str, heading: str = "field") -> list[Row]:
    """Of the table with this heading, in the section."""
    found = re.search(
        rf"^#+ {re.escape(number)} .*?^\| {heading} \| holds \| \|\n\|[-|]+\|\n(.*?)\n\n",
        SPEC,
        re.DOTALL | re.MULTILINE,
    )
    assert found
    return [
        Row(name, holds, required == "required")
        for name, holds, required in re.findall(
            r"^\| `(\w+)` \| (.+?) \| (\w*) ?\|$", found[1], re.MULTILINE
        )
    ]


def number_of(text: str) -> int:
    return int(text.replace(",", ""))


def probes(holds: str) -> Probes:
    """What the words of the spec let pass, and what not."""
    if match := re.fullmatch(rf"(line|prose), {BOUNDS} characters", holds):
        low, high = number_of(match["low"]), number_of(match["high"])
        line_end = "a\nb"
        good: list[Value] = ["安" * low, "🍎" * high]
        bad: list[Value] = ["a" * (high + 1), "\x1b", b"a", 1, None, "\u202e", "e\u0301"]
        (good if match[1] == "prose" else bad).append(line_end)
        return Probes(good, [*bad, *(["a" * (low - 1)] if low else [])])
    if match := re.fullmatch(rf"integer, {BOUNDS}", holds):
        low, high = number_of(match["low"]), number_of(match["high"])
        return Probes([low, high], [low - 1, high + 1, True, "1", None])
    if match := re.fullmatch(r"bytes, (?P<low>[\d,]+)(?:…(?P<high>[\d,]+))?", holds):
        low, high = number_of(match["low"]), number_of(match["high"] or match["low"])
        return Probes([bytes(low), bytes(high)], [bytes(low - 1), bytes(high + 1), "a" * low])
    if match := re.fullmatch(
        rf"at most (\d+) (lines|categories) of {BOUNDS} characters(.*)", holds
    ):
        items = [f"{'a' * (number_of(match['high']) - 2)}{n:02}" for n in range(int(match[1]) + 1)]
        bad = [items, [""], [items[0] + "a"], [1], "a", None]
        is_ascending = "ascending" in match[5]
        return Probes(
            [[], items[:-1], *([] if is_ascending else [items[1::-1]])],
            [*bad, *([items[1::-1], ["a", "a"]] if is_ascending else [])],
        )
    if holds == "at most 16 ids of 32 bytes, ascending":
        ids: list[Value] = [bytes([n]) * 32 for n in range(17)]
        return Probes([[], ids[:16]], [ids, ids[1::-1], [bytes(31)], [bytes(32)] * 2])
    if match := re.fullmatch(r"one of (`.+`)", holds):
        return Probes(re.findall(r"`(\w+)`", match[1]), ["", "something", None, 1])
    if holds in COMPOUND or "pairs" in holds or " of `" in holds or holds.endswith("public keys"):
        return compound_probes(holds)
    if holds == "public key":
        return Probes([ANN.public_key], [bytes(32), bytes(31), "a"])
    if holds == "money":
        return Probes(
            [[0, "EUR"], [2**53 - 1, "BTC"]], [[-1, "EUR"], [2**53, "EUR"], [1, "eur"], 1]
        )
    assert holds == "map", f"the spec holds what it does not explain: {holds}"
    return Probes([{}], [])


COMPOUND = {"at most 8 options", "moderator", "deal", "category of 1…40 characters"}


def compound_probes(holds: str) -> Probes:
    """Of what is made of several values."""
    if match := re.fullmatch(r"at most (\d+) of (`.+`), ascending", holds):
        named: list[Value] = re.findall(r"`(\w+)`", match[2])
        assert len(named) == int(match[1])
        return Probes([[], named, named[:1]], [named[::-1], named[:1] * 2, [""], ["a"], [1], "a"])
    if match := re.fullmatch(r"1…(\d+) pairs of lines of 1…(\d+) characters", holds):
        count, size = int(match[1]), int(match[2])
        pair: list[Value] = ["a" * size, "b" * size]
        pairs: list[Value] = [pair] * (count + 1)
        bad: list[Value] = [pairs, [["a"]], [["", "b"]], [["a", "b" * (size + 1)]], "a", None]
        return Probes([pairs[:1], pairs[:-1]], [*bad, [], [[*pair, "c"]]])
    if match := re.fullmatch(r"at most (\d+) public keys", holds):
        keys: list[Value] = [fresh(str(n)).public_key for n in range(int(match[1]) + 1)]
        return Probes([keys[:-1], keys[:1]], [keys, [bytes(32)], ["a"], keys[0], None])
    if holds == "moderator":
        key: Value = ANN.public_key
        return Probes(
            [[key, 0], [key, 2**53 - 1]], [[key], [bytes(32), 0], [key, -1], [key, True], key, None]
        )
    if holds == "category of 1…40 characters":
        return Probes(["a", "a" * 40, "slow-food"], ["", "a" * 41, "A", "a b", b"a", 1, None])
    if holds == "deal":
        order, count, given = bytes(32), 0, bytes(64)
        return Probes(
            [[order, count, given], [order, 2**53 - 1, given]],
            [
                [order, count],
                [order, count, given, 0],
                [bytes(31), count, given],
                [order, -1, given],
                [order, True, given],
                [order, count, bytes(63)],
                order,
                None,
            ],
        )
    assert holds == "at most 8 options"
    choices: list[Value] = [[f"{n}", 0] for n in range(33)]
    option: Value = ["a" * 60, choices[:-1]]
    wrong: list[Value] = [
        [option] * 9,
        [["a" * 61, [["b", 0]]]],
        [["a", []]],
        [["a", [["b", -1]]]],
        [["a", choices]],
        [["a", [["b", 0], ["b", 1]]]],
        ["a"],
        None,
    ]
    return Probes([[], [option] * 8], wrong)


def is_as_told(schema: Schema, told: list[Row]) -> None:
    assert [row.name for row in told] == list(schema)
    for row in told:
        field = schema[row.name]
        assert field.required is row.is_required, row.name
        good, bad = probes(row.holds)
        for value in good:
            field.check(row.name, value)
        for value in bad:
            with pytest.raises(BadField, match=f"^{row.name}: "):
                field.check(row.name, value)


@pytest.mark.parametrize("number", SCHEMAS)
def test_the_fields_of_a_kind_are_those_of_the_spec(number: str) -> None:
    is_as_told(SCHEMAS[number], rows(number))


def test_the_terms_are_those_of_the_spec() -> None:
    is_as_told(terms.SCHEMA, rows("4.1", "term"))


def test_all_events_are_in_the_spec() -> None:
    event_row = next(row for row in rows("4.2") if row.name == "event")
    assert re.findall(r"`(\w+)`", event_row.holds) == [event.value for event in Event]


@pytest.mark.parametrize("event", Event)
def test_the_details_of_an_event_are_those_of_the_spec(event: Event) -> None:
    told = re.findall(rf"^\| `{event}` \| `(\w+)` \| (.+?) \| (\w*) ?\|$", SPEC, re.MULTILINE)
    is_as_told(DETAILS[event], [Row(name, holds, needed != "") for name, holds, needed in told])
