"""A person at a terminal: a command, what it asks, what she types."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.cli.desk import Done


def typed(home: Path, arguments: Sequence[str], answers: Sequence[tuple[str, str]]) -> Done:
    """Run a command at a terminal; `answers` are what to wait for, and what to type then.

    A terminal has one screen: what goes to standard error is in `out` too.
    """
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "goodword.cli", "--home", str(home), *arguments]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200", "TERM": "dumb"}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        os.close(theirs)
        screen = ""
        for prompt, line in answers:
            seen = len(screen)
            while prompt not in screen[seen:]:
                screen += _read(ours)
            os.write(ours, f"{line}\n".encode())
        with contextlib.suppress(EOFError):
            while True:
                screen += _read(ours)
        status = process.wait()
    os.close(ours)
    return Done(status, screen.replace("\r\n", "\n"), "")


def _read(terminal: int) -> str:
    try:
        data = os.read(terminal, 65536)
    except OSError as error:  # Linux: the other side has closed
        raise EOFError from error
    if not data:
        raise EOFError
    return data.decode()
