"""How a command ends: its exit code, and the one exception that carries words and code there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OK: Final = 0
REFUSED: Final = 1
"""The rules do not allow it, or what was named is not there."""
USAGE: Final = 2
NOT_RUNNING: Final = 3
NO_NETWORK: Final = 4
BUG: Final = 70
"""EX_SOFTWARE of sysexits.h: ours."""
DISK: Final = 74
"""EX_IOERR of sysexits.h."""
INTERRUPTED: Final = 130
"""128 and SIGINT, as shells have it."""


class Failed(Exception):
    """The command cannot go on: `status` for the shell, `code` for scripts, words for people."""

    def __init__(
        self,
        text: str,
        hint: str = "",
        *,
        status: int = REFUSED,
        code: str = "refused",
        answer: Mapping[str, object] | None = None,
    ) -> None:
        """`answer`: what was found out all the same, which is told as if it had gone well."""
        super().__init__(text)
        self.hint = hint
        self.status = status
        self.code = code
        self.answer = answer
