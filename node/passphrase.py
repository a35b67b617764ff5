"""The passphrase, where no terminal has to be asked: from a file, or from the environment."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Final

from .home import HomeError

VARIABLE: Final = "GOODWORD_PASSPHRASE"


def given(file: Path | None) -> bytes | None:
    """From `file` if it is named, else from the environment; None where neither has one.

    Raises HomeError where there is one, but it cannot be used.
    """
    if file is not None:
        try:
            # An editor ends the last line; the end is not part of the passphrase.
            return normal(file.read_text().rstrip("\r\n"))
        except OSError as error:
            raise HomeError(f"cannot read {file}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise HomeError(f"{file} is not a text in UTF-8") from error
    text = os.environ.get(VARIABLE)
    return None if text is None else normal(text)


def normal(text: str) -> bytes:
    """As the vault wants it: a Mac and a PC spell `é` differently, and must open the same home.

    Raises HomeError for an empty one.
    """
    if not text:
        raise HomeError("the passphrase is empty", "for a home without one say --no-passphrase")
    try:
        return unicodedata.normalize("NFC", text).encode()
    except UnicodeEncodeError as error:  # bytes of an environment that are no UTF-8
        raise HomeError("the passphrase is not a text in UTF-8") from error
