"""Check the signatures of a batch on all cores.

A signature costs half of all that is done for a record, and libsodium works without Python's
lock: two threads verify twice as fast as one. Nothing else runs in them. To overlap them with
parsing or with SQLite was tried, and is slower: both take that lock every few microseconds.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import chain
from typing import Final, TypeAlias

from goodword.protocol.errors import Refusal
from goodword.protocol.record import Record, verify

THREADS: Final = min(os.cpu_count() or 1, 4)
"""More would wait for each other: a twentieth of the work needs Python's lock."""

CHUNK_RECORDS: Final = 32
"""Handed to a thread at once: 2 ms of work, a hundred times the cost of handing it over."""

Read: TypeAlias = Record | Refusal
"""A record, or why it is none."""


def verified(parsed: Sequence[Read]) -> list[Read]:
    """Each of `parsed`: itself where it is authentic, else the reason to refuse it."""
    if len(parsed) <= CHUNK_RECORDS:
        return _verify_all(parsed)
    chunks = [parsed[n : n + CHUNK_RECORDS] for n in range(0, len(parsed), CHUNK_RECORDS)]
    return list(chain.from_iterable(_pool().map(_verify_all, chunks)))


def _verify_all(chunk: Sequence[Read]) -> list[Read]:
    return [_verified(each) for each in chunk]


def _verified(read: Read) -> Read:
    if isinstance(read, Refusal):
        return read
    try:
        verify(read)
    except Refusal as refusal:
        return refusal
    return read


@cache
def _pool() -> ThreadPoolExecutor:
    """Made when first needed: most nodes on most days never see a batch."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="goodword-verify")
