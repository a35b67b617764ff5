"""A draft: a file that is written under another name, and gets its own when it is whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .home import HomeError


def check_free(file: Path) -> None:
    """Raises HomeError where no new `file` can be made."""
    if file.exists():
        raise HomeError(f"{file} exists", "name a file that does not: nothing was overwritten")
    if not file.parent.is_dir():
        raise HomeError(f"there is no folder {file.parent}", "make it first")


@contextmanager
def draft(file: Path) -> Generator[BinaryIO]:
    """For our eyes only, and on disk at the end of the block; a crash leaves no half of a file.

    Raises HomeError where it cannot be made, or `file` exists by then.
    """
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise HomeError(f"cannot write to {file.parent}: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        _give_name(part, file)
    finally:
        part.unlink(missing_ok=True)


def _give_name(part: Path, file: Path) -> None:
    try:
        os.link(part, file)  # refuses to replace what somebody made meanwhile
    except FileExistsError as error:
        raise HomeError(f"{file} exists", "nothing was overwritten") from error
    except OSError:  # a stick with FAT knows no links. Not atomic: it replaces what came meanwhile
        part.rename(file)
