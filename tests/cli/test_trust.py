"""How much reason there is to trust somebody, as she sees it who types commands."""

from __future__ import annotations

import re
import time
from math import fsum
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from goodword.cli.failure import DISK, OK, REFUSED, USAGE
from goodword.crypto.address import to_address
from goodword.protocol.endorsement import Strength
from goodword.protocol.record import Record
from goodword.protocol.scope import Part
from tests.cli.conftest import Street
from tests.make import ANN, BEN, fresh, review, vouch

EVE, ZOE = fresh("Eve"), fresh("Zoe")


def said() -> list[Record]:
    """Ann trusts Eve and knows Zoe; Eve vouches for Ben as a seller, and Zoe bought from him."""
    now = int(time.time())
    return [
        vouch(ANN, EVE.public_key, strength=Strength.TRUST, now=now),
        vouch(ANN, ZOE.public_key, now=now),
        vouch(EVE, BEN.public_key, part=Part.SELLER, now=now),
        review(ZOE, BEN, now=now),
    ]


async def heard(street: Street) -> None:
    """Ann has heard what is said of Ben, and has names of her own for all of them."""
    street.ann_hears(*said())
    for person, name in ((BEN, "Ben"), (EVE, "Eve"), (ZOE, "Zoe")):
        done = await street.ann("person", "name", to_address(person.public_key), name)
        assert done.status == OK, done.err


# --- show --------------------------------------------------------------------------------------


async def test_the_sentence_comes_first_then_what_it_is_the_sum_of(street: Street) -> None:
    await heard(street)
    done = await street.ann("trust", "show", "Ben", "--for", "seller")
    assert done.status == OK, done.err
    lines = done.out.splitlines()
    assert set(lines[0].removeprefix("known, good: ").split("; ")) == {
        "Eve, whom you trust, vouches for them as a seller",
        "Zoe, whom you know, bought from them once: good",
    }
    assert "by you, as a seller" in done.out
    assert "2 for, 0 against, at most five counted" in done.out
    table = [line for line in lines if "together" in line or re.match(r"^ *0\.\d{4}", line)]
    *parts, total = [float(line.split()[0]) for line in table]
    assert len(parts) == 2
    assert fsum(parts) == pytest.approx(total, abs=2e-4)


async def test_every_id_that_is_printed_is_the_beginning_of_a_record(street: Street) -> None:
    await heard(street)
    shown = await street.ann("trust", "show", "Ben")
    answer = await street.ann.ask("trust", "show", "Ben")
    ids = {
        record
        for each in answer["evidence"]
        for record in [*each["records"], *(one for leg in each["path"] for one in leg["records"])]
    }
    ways = [line for line in shown.out.splitlines() if line.startswith("  you -> ")]
    printed = set(re.findall(r"\b[0-9a-f]{8}\b", "\n".join(ways)))
    assert printed == {each[:8] for each in ids}
    assert len(ids) == 4


async def test_json_has_the_same_numbers(street: Street) -> None:
    await heard(street)
    answer = await street.ann.ask("trust", "show", "Ben", "--for", "seller")
    shown = (await street.ann("trust", "show", "Ben", "--for", "seller")).out
    s, a = answer["support"], answer["against"]
    assert answer["score"] == (s - 4 * a) / (s + 4 * a + 0.02)
    assert f"{answer['score']:+.3f} (from -1 to +1)" in shown
    assert f"{answer['reason']:.3f} (from 0 to 1)" in shown
    for each in answer["evidence"]:
        assert f"{each['amount']:.6f}" in shown
    assert (answer["role"], answer["category"]) == ("seller", None)


async def test_of_a_stranger_nobody_says_anything(street: Street) -> None:
    _, ben = street.addresses
    done = await street.ann("trust", "show", ben)
    assert done.out.startswith("no opinion: nobody whom you trust, up to three steps away")
    own, _ = street.addresses
    done = await street.ann("trust", "show", own)
    assert done.out == "no opinion: that is you\n"


async def test_a_block_is_told_with_what_takes_it_back(street: Street) -> None:
    await heard(street)
    await street.ann("person", "block", "Ben")
    done = await street.ann("trust", "show", "Ben")
    assert done.out.startswith("avoid: Ben is blocked by you\n")
    assert "what others say is not counted beside it" in done.out
    assert "goodword person unblock takes it back" in done.out


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["Ben", "--for", "friend"], USAGE, "invalid choice: 'friend'"),
        (["Potter"], REFUSED, "nobody is called 'Potter' here"),
        ([], USAGE, "required"),
    ],
)
async def test_what_cannot_be_asked_is_said_so(
    street: Street, words: list[str], status: int, text: str
) -> None:
    for command in (["show"], ["graph", "--svg", "never.svg"]):
        done = await street.ann("trust", *command, *words)
        assert (done.status, done.out) == (status, "")
        assert text in done.err
        assert "goodword: hint: " in done.err


# --- graph -------------------------------------------------------------------------------------


async def test_the_picture_is_a_file_of_the_same_sentence(street: Street, tmp_path: Path) -> None:
    await heard(street)
    file = tmp_path / "ben.svg"
    done = await street.ann("trust", "graph", "Ben", "--svg", str(file), "--for", "seller")
    assert done.status == OK, done.err
    first, second = done.out.splitlines()
    shown = (await street.ann("trust", "show", "Ben", "--for", "seller")).out
    assert first == shown.splitlines()[0]
    assert second == f"drawn: {file}, which any browser shows"
    drawn = fromstring(file.read_text(encoding="utf-8"))
    assert {"you", "Eve", "Zoe", "Ben"} <= {each.text for each in drawn.iter()}


async def test_the_picture_answers_as_json_too(street: Street, tmp_path: Path) -> None:
    await heard(street)
    file = tmp_path / "ben.svg"
    answer = await street.ann.ask("trust", "graph", "Ben", "--svg", str(file))
    assert answer.pop("file") == str(file)
    assert answer == await street.ann.ask("trust", "show", "Ben")


async def test_nothing_is_overwritten(street: Street, tmp_path: Path) -> None:
    await heard(street)
    file = tmp_path / "ben.svg"
    file.write_text("mine")
    done = await street.ann("trust", "graph", "Ben", "--svg", str(file), "--json")
    assert done.status == REFUSED
    assert "exists: nothing was overwritten" in done.err
    assert file.read_text() == "mine"


async def test_where_nothing_can_be_written_is_said(street: Street, tmp_path: Path) -> None:
    await heard(street)
    (tmp_path / "a file").touch()
    for folder in ("nowhere", "a file"):
        file = tmp_path / folder / "ben.svg"
        done = await street.ann("trust", "graph", "Ben", "--svg", str(file))
        assert (done.status, done.out) == (DISK, "")
        assert f"cannot write {file}: " in done.err
