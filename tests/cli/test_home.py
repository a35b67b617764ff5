"""`init`, `start`, `doctor`: homes, and who may open them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from goodword.cli.failure import DISK, OK, REFUSED, USAGE
from goodword.crypto.address import to_address
from goodword.crypto.person import Person
from goodword.crypto.phrase import from_words, to_words
from goodword.node.home import Home
from tests.cli.desk import at, made
from tests.cli.terminal import typed
from tests.make import ANN, ROOTS

SECRET = "correct horse"
WORDS = to_words(ROOTS["Ann"])


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Standard input, which is no terminal."""
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


# --- init --------------------------------------------------------------------------------------


def test_the_words_are_the_identity(home: Home) -> None:
    answer = made(home)
    person = Person.from_root(from_words(answer["words"]))
    assert home.person(None) == person
    assert answer["address"] == to_address(person.public_key)


def test_only_the_owner_can_open_a_new_home(home: Home) -> None:
    made(home, "--name", "Ann")
    assert home.path.stat().st_mode & 0o777 == 0o700
    assert {each.name: each.stat().st_mode & 0o777 for each in home.path.iterdir()} == {
        "identity.json": 0o600,
        "profile.json": 0o600,
    }


def test_the_words_are_shown_with_a_warning(home: Home) -> None:
    done = at(home, "init", "--no-passphrase")
    assert "Write them on paper, now: they are shown once." in done.out
    assert "without a passphrase: whoever can read identity.json there is you" in done.out
    assert "  24 " in done.out


def test_the_name_waits_for_the_first_start(home: Home) -> None:
    made(home, "--name", "  Jose\u0301 ")
    assert json.loads(home.first_profile.read_bytes()) == {"name": "Jos\u00e9"}


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\nb", "a\x1bb"])
def test_a_name_that_no_profile_takes_is_refused_at_once(home: Home, name: str) -> None:
    done = at(home, "init", "--no-passphrase", "--name", name)
    assert (done.status, done.out) == (USAGE, "")
    assert not home.path.exists()


def test_an_existing_home_is_not_overwritten(home: Home) -> None:
    made(home)
    before = home.identity.read_bytes()
    for more in ([], ["--restore"]):
        done = at(home, "init", "--no-passphrase", *more)
        assert (done.status, done.out) == (REFUSED, "")
        assert "somebody lives in" in done.err
        assert home.identity.read_bytes() == before
    home.identity.rename(home.path / "elsewhere")
    home.database.touch()
    assert at(home, "init", "--no-passphrase").status == REFUSED


def test_a_try_that_did_not_come_to_its_end_is_no_home(home: Home) -> None:
    home.path.mkdir()
    home.first_profile.write_text("{")
    made(home, "--name", "Ann")
    assert json.loads(home.first_profile.read_bytes()) == {"name": "Ann"}


def test_the_passphrase_comes_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    first, second = Home(tmp_path / "first"), Home(tmp_path / "second")
    assert at(first, "init", "--passphrase-file", str(file)).status == OK
    monkeypatch.setenv("GOODWORD_PASSPHRASE", SECRET)
    assert at(second, "init").status == OK
    for home in (first, second):
        assert home.needs_passphrase()
        home.person(SECRET.encode())


def test_without_a_passphrase_and_a_terminal_it_says_what_to_do(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    types(monkeypatch, "")
    done = at(home, "init")
    assert (done.status, done.out) == (USAGE, "")
    assert "--passphrase-file" in done.err
    assert not home.path.exists()


def test_a_passphrase_file_that_is_not_there_is_named(home: Home, tmp_path: Path) -> None:
    done = at(home, "init", "--passphrase-file", str(tmp_path / "no"))
    assert done.status == REFUSED
    assert str(tmp_path / "no") in done.err
    assert not home.path.exists()


def test_a_passphrase_is_asked_for_twice(home: Home) -> None:
    done = typed(
        home.path,
        ["init"],
        [
            ("passphrase for the identity: ", "one"),
            ("the same again: ", "other"),
            ("passphrase for the identity: ", ""),
            ("passphrase for the identity: ", SECRET),
            ("the same again: ", SECRET),
        ],
    )
    assert done.status == OK
    assert "the two are not the same" in done.out
    assert "a passphrase is needed" in done.out
    assert SECRET not in done.out
    home.person(SECRET.encode())


def test_three_tries_are_enough(home: Home) -> None:
    answers = [("passphrase for the identity: ", "")] * 3
    done = typed(home.path, ["init"], answers)
    assert done.status == REFUSED
    assert "no passphrase was chosen" in done.out
    assert not home.path.exists()


def test_a_disk_that_does_not_take_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = at(Home(tmp_path / "file" / "home"), "init", "--no-passphrase")
    assert (done.status, done.out) == (DISK, "")


# --- init --restore ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", [WORDS, f"  {WORDS.upper()}\n", WORDS.replace(" ", "\n")])
def test_the_words_bring_the_identity_back(
    home: Home, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    types(monkeypatch, text)
    done = at(home, "init", "--restore", "--no-passphrase")
    assert done.status == OK
    assert home.person(None) == ANN
    assert WORDS.split()[5] not in done.out
    assert to_address(ANN.public_key) in done.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "24 words"),
        (WORDS.rpartition(" ")[0], "24 words"),
        (f"{WORDS} zoo", "24 words"),
        (WORDS.replace(WORDS.split()[0], "bycicle", 1), "bycicle"),
        (" ".join(reversed(WORDS.split())), "checksum"),
        ("x" * 5_000, "characters"),
    ],
)
def test_wrong_words_make_no_home(
    home: Home, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    types(monkeypatch, text)
    done = at(home, "init", "--restore", "--no-passphrase")
    assert (done.status, done.out) == (REFUSED, "")
    assert words in done.err
    assert not home.path.exists()


def test_the_words_can_be_typed_in_several_lines(home: Home) -> None:
    words = WORDS.split()
    done = typed(
        home.path,
        ["init", "--restore", "--no-passphrase"],
        [
            ("words, 0 of 24 so far: ", " ".join(words[:10])),
            ("words, 10 of 24 so far: ", " ".join(words[10:])),
        ],
    )
    assert done.status == OK, done.out
    assert home.person(None) == ANN


def test_typing_the_words_can_be_given_up(home: Home) -> None:
    done = typed(home.path, ["init", "--restore", "--no-passphrase"], [("so far: ", "")])
    assert done.status == REFUSED
    assert not home.path.exists()


# --- doctor and start --------------------------------------------------------------------------


def test_the_doctor_finds_nothing_in_a_new_home(home: Home) -> None:
    made(home)
    done = at(home, "doctor")
    assert (done.status, done.err) == (OK, "")
    assert done.out.startswith("sound: ")
    assert "made anew" in at(home, "doctor", "--rebuild").out


def test_the_doctor_says_what_to_do(home: Home) -> None:
    made(home)
    home.identity.chmod(0o644)
    done = at(home, "doctor")
    assert done.status == REFUSED
    assert f"{home.identity} can be opened by others" in done.out
    assert f"  chmod 600 {home.identity}\n" in done.out
    assert at(home, "doctor", "--json").status == REFUSED


def test_a_damaged_database_is_the_disks_fault(home: Home) -> None:
    made(home)
    home.database.write_text("what is this" * 100)
    home.database.chmod(0o600)
    assert at(home, "doctor").status == DISK


def test_the_doctor_needs_a_home(home: Home) -> None:
    assert at(home, "doctor").status == REFUSED
    with_node = Home(home.path)
    made(with_node)
    with with_node.locked():
        assert at(with_node, "doctor", "--rebuild").status == REFUSED


def test_start_becomes_the_node(home: Home) -> None:
    command = [sys.executable, "-m", "goodword.cli", "start", "--home", str(home.path)]
    command += ["--listen", "/ip4/127.0.0.1/tcp/0", "--mdns", "--passphrase-file", "f"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == REFUSED
    assert f"no identity at {home.path}" in done.stderr
