"""`goodword completion …`: what a shell needs to complete our commands."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from goodword.cli.client import Json
from goodword.cli.command import Command, word
from goodword.cli.page import Block, Prose


def _completion(options: Namespace) -> Json:
    from argcomplete import shell_integration

    return {"script": shell_integration.shellcode(["goodword"], shell=options.shell)}


def _script(answer: Json, _now: int) -> Iterator[Block]:
    yield Prose(answer["script"])


COMMANDS = (
    Command(
        noun="completion",
        help="print what your shell needs to complete commands with Tab",
        example="completion bash >> ~/.bashrc",
        arguments=(word("shell", "bash, zsh or fish", choices=("bash", "zsh", "fish")),),
        show=_script,
        run=_completion,
    ),
)
