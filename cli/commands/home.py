"""`goodword init`, `start`, `backup`, `restore`, `doctor`: the home, mostly without a node."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from goodword.cli import ask
from goodword.cli.client import Json, NodeNotRunning, call
from goodword.cli.command import Command, nothing, option, switch, tell, word
from goodword.cli.failure import DISK, REFUSED, USAGE, Failed
from goodword.cli.page import BLANK, Block, Line

if TYPE_CHECKING:
    from goodword.node.home import Home

# Everything of ours is imported where it is used: keys and SQLite take longer to load than a
# command against a running node takes as a whole.

WORDS_A_LINE: Final = 4


def _init(options: Namespace) -> Json:
    """A new identity, or an old one from its words.

    The words are shown before the identity is written: there is none whose words nobody saw.
    """
    import secrets

    from goodword.crypto import phrase, vault
    from goodword.crypto.address import to_address, to_did
    from goodword.crypto.person import ROOT_BYTES, Person
    from goodword.node.home import Home, make_folder, write_private

    home, name = Home(options.home.absolute()), _name(options.name)
    _must_be_empty(home)
    root = _restored() if options.restore else secrets.token_bytes(ROOT_BYTES)
    with home_failures():
        secret = None
        if not options.no_passphrase:
            secret = ask.new_passphrase(options.passphrase_file, "the identity")
        document = vault.lock(
            root,
            secret,
            salt=secrets.token_bytes(vault.SALT_BYTES),
            nonce=secrets.token_bytes(vault.NONCE_BYTES),
        )
        make_folder(home.path)
    person = Person.from_root(root)
    answer: Json = {
        "home": str(home.path),
        "address": to_address(person.public_key),
        "did": to_did(person.public_key),
        "words": None if options.restore else phrase.to_words(root),
        "has_passphrase": secret is not None,
    }
    tell(answer, _made, as_json=options.json)
    with home_failures():
        if name:
            home.first_profile.unlink(missing_ok=True)  # of a try that did not come to its end
            write_private(home.first_profile, json.dumps({"name": name}).encode())
        write_private(home.identity, document)
    return answer


def _must_be_empty(home: Home) -> None:
    for path in (home.identity, home.database):
        if path.exists():
            raise Failed(
                f"somebody lives in {home.path} already: nothing was changed",
                "name another --home, or move this one away",
                code="home",
            )


def _name(name: str | None) -> str:
    """As a profile takes it; empty where none is given."""
    import unicodedata

    from goodword.protocol.errors import BadField
    from goodword.protocol.fields import line
    from goodword.protocol.limits import NAME_CHARS_MAX

    if name is None:
        return ""
    composed = unicodedata.normalize("NFC", name).strip()
    try:
        line(NAME_CHARS_MAX)("name", composed)
    except BadField as error:
        raise Failed(str(error), status=USAGE, code="usage") from error
    return composed


def _restored() -> bytes:
    from goodword.crypto import phrase

    try:
        return phrase.from_words(ask.phrase())
    except phrase.BadPhrase as error:
        raise Failed(str(error), "nothing was changed", code="words") from error


def _made(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"you are {answer['address']}", "bold")
    yield Line(f"your home is {answer['home']}")
    if not answer["has_passphrase"]:
        yield Line("without a passphrase: whoever can read identity.json there is you", "red")
    if answer["words"]:
        yield BLANK
        yield Line("These 24 words are you. Write them on paper, now: they are shown once.", "red")
        yield Line("Whoever has them can sign as you; without them a lost home is lost for good.")
        yield BLANK
        words = answer["words"].split()
        numbered = [f"{number:2} {each}" for number, each in enumerate(words, start=1)]
        lines = [
            numbered[start : start + WORDS_A_LINE]
            for start in range(0, len(numbered), WORDS_A_LINE)
        ]
        for line in lines:
            yield Line("".join(f"{each:14}" for each in line), indent=2)
        yield BLANK
    yield Line("start your node: goodword start", "dim")


def _start(options: Namespace) -> Json:
    """Become the node: it asks for the passphrase itself, so that this process never has it."""
    # -P: a folder named `goodword` where the owner happens to stand is not ours.
    arguments = [sys.executable, "-P", "-m", "goodword.node", f"--home={options.home}"]
    arguments += [f"--listen={each}" for each in options.listen or ()]
    arguments += [f"--peer={each}" for each in options.peer or ()]
    arguments += ["--mdns"] if options.mdns else []
    if options.passphrase_file:
        arguments.append(f"--passphrase-file={options.passphrase_file}")
    os.execv(sys.executable, arguments)  # noqa: S606  # no shell is wanted


def _backup(options: Namespace) -> Json:
    """By the node, if one runs; else here, with the home to ourselves."""
    from goodword.node.home import Home

    home, file = Home(options.home.absolute()), options.file.absolute()
    with home_failures():
        home.check()
        secret = ask.new_passphrase(options.passphrase_file, "the backup")
        try:
            return call(
                home.control,
                "node.backup",
                timeout_seconds=None,
                file=str(file),
                passphrase=secret.decode(),
            )
        except NodeNotRunning:
            from goodword.node import archive

            with home.locked():
                archive.write(home, secret, file)
    return {"file": str(file)}


def _backed_up(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"written: {answer['file']}", "bold")
    yield Line("It is locked with the passphrase that you gave: keep the two apart.")


def _restore(options: Namespace) -> Json:
    from goodword.node import archive
    from goodword.node.home import Home

    home, file = Home(options.home.absolute()), options.file.absolute()
    with home_failures():
        archive.check_empty(home)
        secret = ask.known_passphrase(options.passphrase_file, "the backup")
        archive.restore(file, secret, home)
    return {"home": str(home.path), "file": str(file)}


def _restored_home(answer: Json, _now: int) -> Iterator[Block]:
    yield Line(f"restored: {answer['home']}", "bold")
    yield Line("Do not let the old home run beside it: both would answer for you.")


def _doctor(options: Namespace) -> Json:
    from goodword.node import doctor
    from goodword.node.home import Home

    with home_failures():
        answer: Json = doctor.examine(Home(options.home.absolute()), rebuild=options.rebuild)
    if not answer["is_sound"]:
        tell(answer, _examined, as_json=options.json)
        damaged = any(each["code"] == "database" for each in answer["problems"])
        raise Failed(
            f"{len(answer['problems'])} of {answer['checks']} checks found something",
            status=DISK if damaged else REFUSED,
            code="doctor",
        )
    tell(answer, _examined, as_json=options.json)
    return answer


def _examined(answer: Json, _now: int) -> Iterator[Block]:
    for each in answer["problems"]:
        yield Line(each["text"], "red")
        if each["hint"]:
            yield Line(each["hint"], indent=2)
    if answer["is_rebuilt"]:
        yield Line("the views were made anew from the records")
    if answer["is_sound"]:
        yield Line(f"sound: {answer['checks']} checks, nothing found", "green")


@contextmanager
def home_failures() -> Generator[None]:
    """What can go wrong in a home, as a command ends."""
    from goodword.crypto.vault import BadVault, WrongPassphrase
    from goodword.node.home import HomeError
    from goodword.storage.database import StorageFailed

    try:
        yield
    except HomeError as error:
        raise Failed(str(error), error.hint, code="home") from error
    except WrongPassphrase as error:
        raise Failed(str(error), "nothing was changed", code="passphrase") from error
    except BadVault as error:
        raise Failed(str(error), "restore a backup, or use your words", code="home") from error
    except StorageFailed as error:
        raise Failed(str(error), error.hint, status=DISK, code="disk") from error
    except MemoryError as error:
        raise Failed(str(error), "free some memory", status=DISK, code="memory") from error
    except OSError as error:
        raise Failed(str(error), status=DISK, code="disk") from error


FILE = word("file", "the backup", type=Path)
PASSPHRASE_FILE = option(
    "--passphrase-file", "read the passphrase from a file", type=Path, metavar="FILE"
)

COMMANDS = (
    Command(
        noun="init",
        help="make an identity and its home; or bring one back from its 24 words",
        example="init --name Ann",
        arguments=(
            option("--name", "what you call yourself; your node tells everybody"),
            switch("--restore", "from the 24 words: asked for, or on standard input"),
        ),
        either=(
            PASSPHRASE_FILE,
            switch("--no-passphrase", "leave the identity unlocked: for servers"),
        ),
        show=nothing,
        run=_init,
    ),
    Command(
        noun="start",
        help="run your node in this terminal, until Ctrl-C",
        example="start --listen /ip4/0.0.0.0/tcp/4001",
        arguments=(
            option(
                "--listen",
                "where to listen; may be repeated",
                action="extend",
                nargs="+",
                metavar="MULTIADDR",
            ),
            option(
                "--peer",
                "a node to meet first; may be repeated",
                action="extend",
                nargs="+",
                metavar="MULTIADDR",
            ),
            switch("--mdns", "find nodes on the same LAN"),
            PASSPHRASE_FILE,
        ),
        show=nothing,
        run=_start,
    ),
    Command(
        noun="backup",
        help="write your whole home into one encrypted file",
        example="backup goodword-backup",
        arguments=(FILE, PASSPHRASE_FILE),
        show=_backed_up,
        run=_backup,
    ),
    Command(
        noun="restore",
        help="make a home from a backup",
        example="restore goodword-backup --home new-home",
        arguments=(FILE, PASSPHRASE_FILE),
        show=_restored_home,
        run=_restore,
    ),
    Command(
        noun="doctor",
        help="examine your home: its files, its keys, its database",
        example="doctor",
        arguments=(switch("--rebuild", "make all views anew from the records"),),
        show=nothing,
        run=_doctor,
    ),
)
