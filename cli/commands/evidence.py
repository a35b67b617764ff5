"""`goodword evidence check` and `order export`: an order in a file, proved anywhere to anybody."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from goodword.cli.client import Json, call
from goodword.cli.command import Command, word
from goodword.cli.deal import (
    OUTCOMES,
    STATES,
    TERMS,
    agreed,
    called,
    rounds,
    row,
    what,
)
from goodword.cli.failure import DISK, Failed
from goodword.cli.page import BLANK, Block, Facts, Line, Prose, Table
from goodword.cli.words import count, duration, money, person, short, when

PARTIES: Final = ("buyer", "seller", "moderator")


def _check(options: Namespace) -> Json:
    """In this process, from the file alone: no node, no network, no home."""
    from goodword.cli.exhibit import exhibit
    from goodword.protocol.evidence import examine
    from goodword.protocol.limits import EVIDENCE_BYTES_MAX

    try:
        with options.file.open("rb") as file:
            data = file.read(EVIDENCE_BYTES_MAX + 1)
    except OSError as error:
        raise _failed(f"cannot read {options.file}", error) from error
    answer: Json = {
        "file": str(options.file),
        "bytes": len(data),
        **exhibit(examine(data, int(time.time()))),
    }
    if not answer["is_sound"]:
        raise Failed(
            f"{options.file} is unsound: it was tampered with, or is not all that it builds on",
            "ask whoever gave it to you, and the other side, for theirs",
            code="unsound",
            answer=answer,
        )
    return answer


def _export(options: Namespace) -> Json:
    """The node gives the bytes; the file is ours to write, where we stand."""
    import base64

    answer = call(options.home / "control.sock", "order.export", order=options.order)
    file = options.file or Path(str(answer["name"]))
    data = base64.b64decode(answer["evidence"])
    try:
        with file.open("xb") as target:
            target.write(data)
    except FileExistsError as error:
        raise Failed(
            f"{file} exists: nothing was overwritten", "name a file that does not", code="file"
        ) from error
    except OSError as error:
        raise _failed(f"cannot write {file}", error) from error
    return {"file": str(file), "bytes": len(data), "order": answer["order"]}


def _failed(doing: str, error: OSError) -> Failed:
    return Failed(f"{doing}: {error.strerror or error}", status=DISK, code="disk")


# --- what it says ------------------------------------------------------------------------------


def _exported(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"written: {answer['file']}, {answer['bytes']} bytes", "bold")
    yield Line("Whoever has it can read the order, but not where it was shipped to.")
    yield Line(f"anybody can check it: goodword evidence check {answer['file']}", "dim")


def _checked(answer: Json, now: int) -> Iterator[Block]:
    yield from _verdict(answer)
    if answer["proves"]:
        yield BLANK
        yield from _order(answer["proves"], now)
    if answer["listing"]:
        yield BLANK
        yield from _listing(answer["listing"], now)
    for each in answer["others"]:
        yield BLANK
        yield from _other(each, now)
    yield BLANK
    yield Line("what no such file can tell:")
    for each in answer["cannot_tell"]:
        yield Line(f"- {each}", indent=2)


def _verdict(answer: Json) -> Iterator[Block]:
    entries = count(answer["entries"], "entry", "entries")
    if answer["is_sound"]:
        yield Line(f"sound: {entries}, each signed, allowed, and founded on the others", "green")
    elif answer["proves"]:
        yield Line(f"unsound: it proves no more than {entries}", "red")
    else:
        yield Line("unsound: it proves nothing", "red")
    for each in answer["findings"]:
        yield Line(each["text"], "red" if each["is_fatal"] else "yellow", indent=2)
        yield Facts([("record", each["record"] or ""), ("other", each["other"] or "")], indent=4)


def _order(order: Json, now: int) -> Iterator[Block]:
    yield Line(f"{short(order['order'])}  {what(order)}, {money(order['total'])}", "bold")
    yield Line(called(STATES, order["state"]))
    yield from _by_itself(order, now)
    yield BLANK
    deadlines = [
        (TERMS[name], duration(order["terms"][f"{name}_seconds"]))
        for name in ("payment", "clearing", "inspection", "dispute")
    ]
    told = [pair for pair in agreed(order) if pair[0] not in ("listing", "moderator")]
    yield Facts([*_parties(order), *told, *deadlines])
    yield from rounds(order, now)
    yield BLANK
    lines = [[*row(each, order, now), short(each["record"])] for each in order["history"]]
    yield Table(["when, they say", "who", "what", "entry"], lines)
    yield from _without_effect(order, now)
    for role in order["seen_the_end"]:
        yield Line(f"the {role} has seen the end, and cannot go back on it", "dim")


def _without_effect(order: Json, now: int) -> Iterator[Block]:
    """In full: whoever signed both ways is judged by both."""
    if order["void"]:
        lines = [
            [*row(each, order, now), each["why"], short(each["record"])] for each in order["void"]
        ]
        yield BLANK
        yield Table(["when, they say", "who", "without effect", "why", "entry"], lines)


def _by_itself(order: Json, now: int) -> Iterator[Block]:
    """What came of it meanwhile, if nobody said anything after the last entry here."""
    if order["default"] is None:
        return
    outcome = OUTCOMES.get(order["default"], f"the order is {order['default']}")
    yield Line(f"if nobody did anything until {when(order['deadline'], now)}, {outcome}", "yellow")


def _parties(order: Json) -> Iterator[tuple[str, str]]:
    """In full: a beginning of an address can be made to look like another's."""
    for role in PARTIES:
        if order[role]:
            yield role, order[role]["address"]
    if order["moderator"]:
        fee = order["terms"]["fee"]
        yield "fee", f"{money(fee)} if he must decide, half from each" if fee["minor"] else "none"
        yield "consent", "he said that he is ready" if order["has_consent"] else "none in the file"


def _listing(listing: Json, now: int) -> Iterator[Block]:
    yield Line(f"the listing that was ordered, of {when(listing['made_at'], now)}", "bold")
    yield Line(f"{listing['title']}, {money(listing['price'])}")
    if listing["text"]:
        yield Prose(listing["text"], indent=2)
    yield Facts(
        [
            ("pieces", str(listing["quantity"])),
            ("region", listing["region"]),
            ("listing", listing["listing"]),
            ("record", f"{listing['record']}, revision {listing['revision']}"),
        ]
    )


def _other(other: Json, now: int) -> Iterator[Block]:
    by = f"by {person(other['author'])}, {when(other['made_at'], now)}"
    if other["is_withdrawal"]:
        yield Line(f"withdrawn: a {other['kind']} {by}")
        return
    rating = f"{other['rating']}, " if other.get("rating") else ""
    yield Line(f"{other['kind']}: {rating}{by}", "bold")
    if other.get("text"):
        yield Prose(other["text"], indent=2)


COMMANDS = (
    Command(
        noun="order",
        verb="export",
        help="write an order into one file that proves it to anybody",
        example="order export 3fa2bc10",
        arguments=(
            word("order", "the id of an order, or its first digits"),
            word("file", "where to; without it order-ID.evidence, here", nargs="?", type=Path),
        ),
        method="order.export",
        run=_export,
        show=_exported,
    ),
    Command(
        noun="evidence",
        verb="check",
        help="what a file proves of an order, and what is wrong with it: needs no node",
        example="evidence check order-3fa2bc10.evidence",
        arguments=(word("file", "what `goodword order export` wrote", type=Path),),
        run=_check,
        show=_checked,
    ),
)
