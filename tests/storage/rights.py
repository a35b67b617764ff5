"""Root without root's right to write everywhere: so that a read-only file is read-only."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

VERSION_3: Final = 0x20080522
"""Of the kernel's interface: two sets of three words."""

DAC: Final = 0b111
"""CAP_CHOWN, CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what lifts permissions on files."""

Words = ctypes.c_uint32 * 6


@contextmanager
def of_an_owner() -> Generator[None]:
    """Within the block, this thread may do with files only what their modes allow."""
    if os.geteuid() != 0 or sys.platform != "linux":
        yield  # no root, or none whose rights can be split
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    words = Words()
    assert libc.capget(header, words) == 0
    effective = words[0]
    words[0] = effective & ~DAC
    assert libc.capset(header, words) == 0
    try:
        yield
    finally:
        words[0] = effective
        assert libc.capset(header, words) == 0
