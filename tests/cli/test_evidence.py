"""`order export` and `evidence check`: a real file, and a process that has nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from goodword.cli.failure import DISK, OK, REFUSED, USAGE
from goodword.crypto.address import to_address
from goodword.protocol import evidence
from goodword.protocol.entry import Event, Role
from goodword.protocol.record import Record
from goodword.protocol.table import State
from tests.cli.conftest import Street
from tests.cli.desk import Done, goodword
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    contract,
    listing,
    propose,
    review,
    say,
    terms,
    withdrawal,
)
from tests.protocol.ways import AGREED, AT, OPENING, step, way

LISTING = listing(text="Crisp.\n\nAnd red.", region="Berlin")
SALE = AT[State.COMPLETED]
DISPUTED = AT[State.DISPUTED]


def filed(folder: Path, entries: list[Record], of: Record | None = None) -> Path:
    """An evidence file, of the plain listing unless told."""
    file = folder / "file.evidence"
    file.write_bytes(evidence.write(AGREED.id, listing() if of is None else of, entries))
    return file


def check(file: Path, *more: str) -> Done:
    return goodword("evidence", "check", str(file), *more)


def alone(*arguments: str, folder: Path) -> Done:
    """The command line in a process with an empty environment: no HOME, no PATH, nothing."""
    command = [sys.executable, "-I", "-m", "goodword.cli", *arguments]
    done = subprocess.run(
        command, cwd=folder, env={}, capture_output=True, text=True, check=False, timeout=60
    )
    return Done(done.returncode, done.stdout, done.stderr)


async def ordered(street: Street) -> str:
    """An order of a bicycle that Ben has accepted."""
    new = await street.ben.ask(
        *("listing", "new", "--title", "Red bicycle", "--price", "120 EUR", "--text", "Very red.")
    )
    street.gossip()
    order = await street.ann.ask(
        *("order", "place", str(new["listing"]), "--note", "by Friday", "--ship-to", "Berlin")
    )
    street.deliver()
    await street.ben.ask("order", "accept", str(order["order"])[:8])
    street.deliver()
    return str(order["order"])


# --- export ------------------------------------------------------------------------------------


async def test_what_a_node_exports_is_proved_where_there_is_no_node(
    street: Street, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await ordered(street)
    monkeypatch.chdir(tmp_path)
    name = f"order-{order[:8]}.evidence"
    done = await street.ann("order", "export", order[:8])
    size = (tmp_path / name).stat().st_size
    assert (done.status, done.err) == (OK, "")
    assert done.out.startswith(f"written: {name}, {size} bytes\n")
    assert size <= 4_096
    checked = alone("evidence", "check", name, folder=tmp_path)
    assert (checked.status, checked.err) == (OK, "")
    ann, ben = street.addresses
    for line in (
        "sound: 2 entries, each signed, allowed, and founded on the others",
        f"{order[:8]}  Red bicycle, 120.00 EUR",
        "accepted: the payment is due",
    ):
        assert line in checked.out.splitlines()
    for words in (ann, ben, order, "by Friday", "Very red.", "sealed: the seller alone"):
        assert words in checked.out
    assert "Berlin" not in checked.out


async def test_both_sides_export_the_same_bytes(street: Street, tmp_path: Path) -> None:
    order = await ordered(street)
    one, other = tmp_path / "one", tmp_path / "other"
    told = await street.ann.ask("order", "export", order, str(one))
    await street.ben.ask("order", "export", order, str(other))
    assert one.read_bytes() == other.read_bytes()
    assert told == {"file": str(one), "bytes": len(one.read_bytes()), "order": order}


async def test_an_export_overwrites_nothing(street: Street, tmp_path: Path) -> None:
    order = await ordered(street)
    file = tmp_path / "precious"
    file.write_text("precious")
    done = await street.ann("order", "export", order, str(file))
    assert (done.status, done.out) == (REFUSED, "")
    assert f"{file} exists: nothing was overwritten" in done.err
    assert file.read_text() == "precious"
    done = await street.ann("order", "export", order, str(tmp_path / "nowhere" / "file"))
    assert (done.status, done.out) == (DISK, "")
    assert "No such file or directory" in done.err


async def test_an_order_that_is_not_here_is_not_exported(street: Street) -> None:
    done = await street.ann("order", "export", "abcd")
    assert (done.status, done.out) == (REFUSED, "")
    assert "no order abcd is here" in done.err


def test_a_check_loads_nothing_of_a_node(tmp_path: Path) -> None:
    loaded = "sorted({each.split('.')[1] for each in sys.modules if each.startswith('goodword.')})"
    program = f"import sys; from goodword.cli.main import main; main(sys.argv[1:]); print({loaded})"
    command = [sys.executable, "-I", "-c", program, "evidence", "check"]
    done = subprocess.run(
        [*command, str(filed(tmp_path, SALE))], env={}, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "['cli', 'crypto', 'protocol']"


# --- check -------------------------------------------------------------------------------------


def test_a_sound_file_says_what_was_agreed_and_what_it_cannot_tell(tmp_path: Path) -> None:
    haggled = way((BEN, Event.COUNTER), (ANN, Event.ACCEPT), (CHEN, Event.CONSENT))
    done = check(filed(tmp_path, haggled))
    assert (done.status, done.err) == (OK, "")
    lines = done.out.splitlines()
    for line in (
        "c252d551  2 x a crate of apples, 28.00 EUR",
        "fee                     1.00 EUR if he must decide, half from each",
        "consent                 he said that he is ready",
        "  as the listing",
        "  shipping: 0.00 EUR -> 3.00 EUR",
        "what no such file can tell:",
        *(f"  - {each}" for each in evidence.LIMITS),
    ):
        assert line in lines


def test_the_end_says_who_has_seen_it(tmp_path: Path) -> None:
    seen = [*SALE, step(BEN, Event.ACKNOWLEDGE, SALE)]
    done = check(filed(tmp_path, seen))
    assert "the buyer has seen the end, and cannot go back on it\n" in done.out
    assert "the seller has seen the end, and cannot go back on it\n" in done.out
    assert "to the seller           25.00 EUR\n" in done.out
    assert "the seller has seen" not in check(filed(tmp_path, SALE)).out


def test_two_verdicts_are_shown_in_full(tmp_path: Path) -> None:
    verdicts = [
        say(CHEN, Event.VERDICT, DISPUTED, details={"to_seller": part, "reasons": why})
        for part, why in ((0, "badly packed"), (2_500, "well packed"))
    ]
    done = check(filed(tmp_path, [*DISPUTED, *verdicts]))
    assert done.status == OK
    assert "signed both ways: neither the moderator's verdict" in done.out
    assert "without effect" in done.out
    for each in verdicts:
        assert each.id.hex() in done.out
    for words in ("badly packed", "well packed", "to the seller 25.00 EUR", "signed both ways"):
        assert words in done.out


def test_an_unsound_file_ends_with_1_and_names_what_is_wrong(tmp_path: Path) -> None:
    file = filed(tmp_path, [*SALE[:2], *SALE[3:]], listing(text="as new"))
    done = check(file)
    assert done.status == REFUSED
    assert done.out.startswith("unsound: it proves no more than 2 entries\n")
    assert f"follows entry {SALE[2].id.hex()[:8]}, which was left out of the file\n" in done.out
    assert f"    other   {SALE[2].id.hex()}\n" in done.out
    assert "the listing in the file is not the one that was ordered" in done.out
    assert done.err.startswith(f"goodword: {file} is unsound: ")


def test_with_json_an_unsound_file_is_one_object(tmp_path: Path) -> None:
    file = filed(tmp_path, [SALE[0], *SALE[2:]])
    done = check(file, "--json")
    assert done.status == REFUSED
    answer = done.answer
    assert (answer["is_sound"], answer["entries"], answer["file"]) == (False, 1, str(file))
    finding = answer["findings"][0]
    assert finding["code"] == "evidence.hidden_entry"
    assert (finding["record"], finding["other"]) == (SALE[2].id.hex(), SALE[1].id.hex())
    assert finding["is_fatal"] is True
    assert answer["proves"]["state"] == "proposed"


def test_a_sound_file_as_json_has_the_names_of_the_api(tmp_path: Path) -> None:
    answer = check(filed(tmp_path, AT[State.RESOLVED]), "--json").answer
    proved = answer["proves"]
    assert (answer["is_sound"], answer["findings"]) == (True, [])
    assert answer["cannot_tell"] == list(evidence.LIMITS)
    assert answer["listing"]["record"] == proved["listing_record"] == listing().id.hex()
    assert proved["to_seller"] == {"minor": 700, "code": "EUR", "text": "7.00 EUR"}
    assert [each["event"] for each in proved["history"]][-2:] == ["verdict", "executed"]
    assert proved["history"][1]["seen"] == [OPENING.id.hex()]
    assert proved["history"][-2]["details"] == {"reasons": "it was packed badly", "to_seller": 700}
    assert json.dumps(answer).isascii()


@pytest.mark.parametrize("content", [b"", b"what is this", bytes(5_000_000)])
def test_what_is_no_evidence_proves_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    done = check(file)
    assert done.status == REFUSED
    assert done.out.startswith("unsound: it proves nothing\n  this is no evidence file")
    assert "Traceback" not in done.err


def test_a_file_that_cannot_be_read_is_the_disks_fault(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "nothing"):
        done = check(file)
        assert (done.status, done.out) == (DISK, "")
        assert done.err.startswith(f"goodword: cannot read {file}: ")
    assert goodword("evidence", "check").status == USAGE


def test_no_file_can_control_the_terminal(tmp_path: Path) -> None:
    """The text of a listing may have lines, and nothing else that moves a cursor."""
    wide = listing(title="安全" * 20, text="line\nline")
    agreed = contract(wide)
    file = tmp_path / "file"
    file.write_bytes(evidence.write(agreed.id, wide, [propose(agreed)]))
    assert "安全" in check(file).out
    file.write_bytes(b"\x95\xb3\x1b[2J" + b"\x1b" * 16)
    assert "\x1b" not in check(file).out


def test_without_a_listing_no_round_is_called_as_the_listing(tmp_path: Path) -> None:
    haggled = way((BEN, Event.COUNTER), (ANN, Event.ACCEPT))
    file = tmp_path / "file"
    file.write_bytes(evidence.write(AGREED.id, None, haggled))
    done = check(file)
    assert done.status == OK
    assert "  as proposed first\n" in done.out
    assert "the listing is not here: what it promised cannot be told" in done.out


def test_another_moderator_in_a_round_is_a_person(tmp_path: Path) -> None:
    judged = {"terms": terms(quantity=2, moderator=DAI.public_key, fee=50).to_body()}
    records = [OPENING, say(BEN, Event.COUNTER, [OPENING], details=judged)]
    assert "moderator: gw1" in check(filed(tmp_path, records)).out


def test_what_the_two_say_of_each_other_is_shown(tmp_path: Path) -> None:
    said = [
        review(ANN, BEN, order=AGREED.id, text="crisp\nand red"),
        review(BEN, ANN, order=AGREED.id, role=Role.SELLER, rating=None),
    ]
    others = [*said, withdrawal(said[0], ANN)]
    file = tmp_path / "file"
    file.write_bytes(evidence.write(AGREED.id, listing(), SALE, others))
    lines = check(file).out.splitlines()
    ann, ben = (to_address(each.public_key)[:12] for each in (ANN, BEN))
    for beginning in (
        f"review: good, by {ann}…",
        f"review: by {ben}…",
        f"withdrawn: a review by {ann}…",
    ):
        assert any(line.startswith(beginning) for line in lines), beginning
    assert lines[lines.index("  crisp") + 1] == "  and red"
    told = {each["role"]: each for each in check(file, "--json").answer["others"] if "role" in each}
    assert told["buyer"]["text"] == "crisp\nand red"
    assert told["seller"]["rating"] is None
