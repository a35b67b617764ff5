"""Ask a person at a terminal: for a passphrase, for the 24 words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from .failure import USAGE, Failed

TRIES: Final = 3
WORDS: Final = 24


def new_passphrase(file: Path | None, what: str) -> bytes:
    """For something to be locked now: from a file, the environment, or asked for twice."""
    from goodword.node import passphrase

    if (given := passphrase.given(file)) is not None:
        return given
    _must_be_terminal(what)
    for _ in range(TRIES):
        first = _hidden(f"passphrase for {what}: ")
        if not first:
            _say("a passphrase is needed; Ctrl-C ends this")
        elif first != _hidden("the same again: "):
            _say("the two are not the same")
        else:
            return passphrase.normal(first)
    raise Failed("no passphrase was chosen", "nothing was changed")


def known_passphrase(file: Path | None, what: str) -> bytes:
    """For something that is locked: from a file, the environment, or asked for once."""
    from goodword.node import passphrase

    if (given := passphrase.given(file)) is not None:
        return given
    _must_be_terminal(what)
    return passphrase.normal(_hidden(f"passphrase of {what}: "))


def phrase() -> str:
    """The 24 words: from a terminal until there are enough, else all of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.read()
    words: list[str] = []
    while len(words) < WORDS:
        try:
            line = input(f"words, {len(words)} of {WORDS} so far: ")
        except EOFError:
            break
        if not line.strip():
            break
        words += line.split()
    return " ".join(words)


def _hidden(prompt: str) -> str:
    from getpass import getpass

    try:
        return getpass(prompt)
    except EOFError as error:
        raise Failed("no passphrase was given", "nothing was changed") from error


def _must_be_terminal(what: str) -> None:
    if not sys.stdin.isatty():
        raise Failed(
            f"{what} needs a passphrase, and there is no terminal to ask at",
            "name a --passphrase-file, or set GOODWORD_PASSPHRASE",
            status=USAGE,
            code="usage",
        )


def _say(text: str) -> None:
    print(f"goodword: {text}", file=sys.stderr)
