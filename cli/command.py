"""What a command is: one row of a table, from which parser, request and output follow."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from . import page
from .client import ANSWER_SECONDS, Json
from .page import Block

Show: TypeAlias = Callable[[Json, int], Iterable[Block]]
"""An answer, and the time now (Unix seconds), as people read it."""

Run: TypeAlias = Callable[[Namespace], Json]
"""A command that is more than one request to the node."""


@dataclass(frozen=True, slots=True)
class Argument:
    names: tuple[str, ...]
    settings: Mapping[str, Any]
    """As argparse's add_argument takes them."""

    @property
    def parameter(self) -> str:
        """The name in the namespace, and of the API's parameter."""
        name: str = self.settings.get("dest", self.names[-1])
        return name.lstrip("-").replace("-", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    noun: str
    verb: str = ""
    """Empty where the noun is the whole command: `goodword status`."""
    help: str
    example: str
    """What follows `goodword` in the example line of --help."""
    arguments: tuple[Argument, ...] = ()
    either: tuple[Argument, ...] = ()
    """Of these at most one may be given."""
    method: str = ""
    """Of the local API; empty where `run` does it."""
    show: Show
    adapt: Callable[[Json], Json] = field(default=lambda params: params)
    """The parameters of the method, from those of the command line."""
    run: Run | None = None
    timeout_seconds: float | None = ANSWER_SECONDS

    def params(self, options: Namespace) -> Json:
        """What was given; what was not, the node fills in."""
        given = {
            each.parameter: getattr(options, each.parameter)
            for each in (*self.arguments, *self.either)
        }
        return self.adapt({name: value for name, value in given.items() if value is not None})


def tell(answer: Json, show: Show, *, as_json: bool) -> None:
    """Print an answer, and have it out before this returns."""
    if as_json:
        # In ASCII, so that no answer can control the terminal that it is looked at on.
        print(json.dumps(answer, indent=2 if sys.stdout.isatty() else None))
    else:
        page.show(show(answer, int(time.time())))
    sys.stdout.flush()


def nothing(_answer: Json, _now: int) -> Iterable[Block]:
    """For a command that has printed what it had to say."""
    return ()


def word(name: str, help_: str, **settings: object) -> Argument:
    """A positional argument."""
    return Argument((name,), {"metavar": name.upper(), "help": help_, **settings})


def option(name: str, help_: str, **settings: object) -> Argument:
    """An option with a value."""
    metavar = name.lstrip("-").upper()
    return Argument((name,), {"metavar": metavar, "help": help_, **settings})


def switch(name: str, help_: str) -> Argument:
    """An option without a value."""
    return Argument((name,), {"action": "store_true", "help": help_})
