"""goodword: the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from goodword.cli.command import Command, nothing, tell
from goodword.protocol.version import VERSION

from .client import Json, call
from .commands import COMMANDS
from .failure import BUG, INTERRUPTED, OK, USAGE, Failed
from .page import clean
from .parser import make

DEBUG: Final = "GOODWORD_DEBUG"
"""Set, a bug of ours shows its traceback."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code. Raises SystemExit for --help, --version and mistakes, as argparse does."""
    os.umask(0o077)  # whatever is made in a home is its owner's alone
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Who reads us has enough; and Python must not complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        text = f"a bug of ours: {type(error).__name__}: {error}"
        return _complain(text, f"set {DEBUG}=1 to see where, and tell us, please", BUG)


def _run(arguments: Sequence[str] | None) -> int:
    parser = make(COMMANDS, VERSION)
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)
    options = parser.parse_args(arguments)
    command: Command | None = options.command
    if command is None:
        options.parser.print_help(sys.stderr)
        return USAGE
    try:
        if command.run:
            answer = command.run(options)
        else:
            answer = call(
                options.home / "control.sock",
                command.method,
                timeout_seconds=command.timeout_seconds,
                **command.params(options),
            )
        if command.show is not nothing:
            tell(answer, command.show, as_json=options.json)
    except Failed as error:
        if error.answer is not None:
            tell(dict(error.answer), command.show, as_json=options.json)
        elif options.json:
            tell(_failure(error), command.show, as_json=True)
        return _complain(str(error), error.hint, error.status)
    return OK


def _failure(error: Failed) -> Json:
    return {"error": {"code": error.code, "message": str(error), "hint": error.hint}}


def _complain(text: str, hint: str, status: int) -> int:
    print(f"goodword: {clean(text)}", file=sys.stderr)
    if hint:
        print(f"goodword: hint: {clean(hint)}", file=sys.stderr)
    return status
