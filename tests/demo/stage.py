"""The stage: what the audience sees of a command, of a word between them, and of a proof."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import Final

from tests.nodes import Node

WIDTH: Final = 92

BOLD, DIM, GREEN, CYAN = "1", "2", "32", "36"


class Failed(Exception):
    """What was to be shown is not so."""


class Stage:
    def __init__(self) -> None:
        self._acts = 0
        self._is_colourful = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def act(self, title: str) -> None:
        self._acts += 1
        self._print("")
        self._print(f"{self._acts}. {title}", BOLD)

    def say(self, text: str) -> None:
        """A few sentences of narration."""
        self._print("")
        self._print(textwrap.fill(" ".join(text.split()), WIDTH))

    def types(
        self, node: Node, *words: str, lines: tuple[str, ...] | None = None, code: int = 0
    ) -> str:
        """Somebody types a command; shown are the lines of the answer that hold one of `lines`,
        or all. Raises Failed for another exit code than `code`.
        """
        self._print("")
        self.typed(node, *words)
        done = node.cli(*words)
        for line in (done.stdout + done.stderr).splitlines():
            if lines is None or any(each in line for each in lines):
                self.answer(line)
        if done.returncode != code:
            raise Failed(
                f"`goodword {' '.join(words)}` ended with {done.returncode}, not {code}:"
                f" {(done.stderr or done.stdout).strip()}"
            )
        return done.stdout

    def typed(self, node: Node, *words: str) -> None:
        """The command line alone."""
        self._print(f"  {node.home.name}$ goodword {' '.join(map(_quoted, words))}", CYAN)

    def answer(self, line: str) -> None:
        self._print(f"       {line}".rstrip())

    def pause(self) -> None:
        self._print("")

    def proves(self, claim: str, is_so: bool) -> None:
        """Raises Failed unless it is so."""
        if not is_so:
            raise Failed(f"this should be so, and is not: {claim}")
        self._print(f"  ✓ {claim}", GREEN)

    def aside(self, text: str) -> None:
        self._print(f"  {text}", DIM)

    def _print(self, text: str, colour: str = "") -> None:
        if colour and self._is_colourful:
            text = f"\x1b[{colour}m{text}\x1b[0m"
        print(text, flush=True)


def _quoted(word: str) -> str:
    """As one types it in a shell."""
    return f'"{word}"' if " " in word or not word else word
