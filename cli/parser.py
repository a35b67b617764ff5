"""The parser: made from the table of commands, the same shape for each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NoReturn

from goodword.cli.command import Argument, Command

from .failure import USAGE

NOUNS: Final = {
    "person": "people, and your names for them",
    "profile": "what people say of themselves",
    "vouch": "who stands for whom",
    "warn": "who warns of whom",
    "trust": "how much reason you have to trust somebody, and through whom",
    "notice": "what is found or said against people for whom you vouch",
    "listing": "what is for sale",
    "mailbox": "friends who keep letters for each other",
    "order": "buying and selling, step by step",
    "moderator": "people who offer to decide disputes",
    "review": "what buyers and sellers say of each other",
    "keep": "what this node keeps of the market, and why",
    "bundle": "what everybody may see, carried by file where no line is",
    "evidence": "orders in files, proved without a node",
    "record": "what was signed",
}
"""The nouns that have verbs."""

DESCRIPTION: Final = "Good word (口碑): a marketplace between people, without a middleman."


class Parser(argparse.ArgumentParser):
    """argparse, with our words for a mistake, and no guessing of half-written options."""

    def __init__(self, **settings: Any) -> None:
        """Takes what argparse takes."""
        super().__init__(
            formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **settings
        )

    def error(self, message: str) -> NoReturn:
        print(f"goodword: {message}", file=sys.stderr)
        print(f"goodword: hint: `{self.prog} --help` shows how it is written", file=sys.stderr)
        raise SystemExit(USAGE)


def make(commands: Iterable[Command], version: str) -> Parser:
    """The parser of all `commands`; a namespace that it makes has the chosen one in `command`."""
    parser = Parser(prog="goodword", description=DESCRIPTION, epilog=_example("init --name Ann"))
    parser.add_argument("--version", action="version", version=f"goodword {version}")
    _add_global(parser, home=default_home(), json=False)
    parser.set_defaults(command=None, parser=parser)
    nouns = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    verbs: dict[str, argparse._SubParsersAction[Parser]] = {}
    for command in commands:
        if not command.verb:
            _add(nouns, command.noun, command)
            continue
        if command.noun not in verbs:
            help_ = NOUNS[command.noun]
            noun = nouns.add_parser(
                command.noun,
                help=help_,
                description=_sentence(help_),
                epilog=_example(command.example),
            )
            _add_global(noun)
            noun.set_defaults(parser=noun)
            verbs[command.noun] = noun.add_subparsers(
                title="commands", metavar="COMMAND", parser_class=Parser
            )
        _add(verbs[command.noun], command.verb, command)
    return parser


def default_home() -> Path:
    # Not Path.home(), which fails for who has no home at all and only checks evidence.
    return Path(os.environ.get("GOODWORD_HOME") or os.path.expanduser("~/.goodword"))


def _add(parsers: argparse._SubParsersAction[Parser], name: str, command: Command) -> None:
    parser = parsers.add_parser(
        name,
        help=command.help,
        description=_sentence(command.help),
        epilog=_example(command.example),
    )
    for argument in command.arguments:
        _add_argument(parser, argument)
    if command.either:
        group = parser.add_mutually_exclusive_group()
        for argument in command.either:
            _add_argument(group, argument)
    _add_global(parser)
    parser.set_defaults(command=command, parser=parser)


def _add_argument(to: argparse._ActionsContainer, argument: Argument) -> None:
    to.add_argument(*argument.names, **argument.settings)


def _add_global(parser: Parser, **defaults: object) -> None:
    """Before the noun with their defaults; after it without, or they would undo what came first."""
    parser.add_argument(
        "--home",
        type=Path,
        metavar="DIR",
        default=defaults.get("home", argparse.SUPPRESS),
        help="your home (default: $GOODWORD_HOME, or ~/.goodword)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        default=defaults.get("json", argparse.SUPPRESS),
        help="print the answer as JSON",
    )


def _example(line: str) -> str:
    return f"example:\n  goodword {line}"


def _sentence(help_: str) -> str:
    return f"{help_[0].upper()}{help_[1:]}."
