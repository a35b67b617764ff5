"""Figure 1: records admitted per second, beside the signatures alone; and the database of 3 and 5.

The batches are those of whoever has much to bring, and some follow each other, as at catch-up: the
next is known while one is let in. Before these some of the same signatures are verified with PyNaCl
alone, on one core and then on two at once: so that a machine that slows down slows all three. By
the clock on the wall, since admission uses two cores: the node's and its helper's.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Final, NamedTuple

from nacl.signing import VerifyKey

from goodword.crypto.keys import PublicKey
from goodword.node.garbage import look_seldom
from goodword.node.intake import BULK_RECORDS_MAX, Came, Intake
from goodword.protocol.record import DOMAIN, parse
from goodword.storage import meta
from goodword.storage.database import Database

from .corpus import NOW
from .figure import Figure, median

BAR: Final = 0.6
"""Of one core that does nothing but verify."""

BAR_RECORDS: Final = 24_000
"""The bar is for a database that grows to this. Beyond, every record goes to other pages of the
indexes than the ones before it, which no batch makes up for: that is a figure of its own."""

ROUND_BATCHES: Final = 4
"""One after the other; a round takes 0.7 seconds."""

VERIFIED: Final = 500
"""Signatures of a round that are verified once more, alone: some 30 ms."""


class Round(NamedTuple):
    """Seconds for one record."""

    ours: float
    one_core: float
    two_cores: float


def build(path: Path, me: PublicKey, records: Iterable[bytes]) -> list[Figure]:
    """Admit all of `records` into a new database at `path`, which is `me`'s."""
    database = Database(path)
    look_seldom()  # as a node does
    try:
        with database.transaction() as db:
            meta.claim(db, me)
        intake = Intake(database, me, lambda: NOW)
        with ProcessPoolExecutor(1, get_context("spawn")) as other:
            rounds = [_round(intake, each, other) for each in _rounds(iter(records))]
    finally:
        database.close()
    first = BAR_RECORDS // (ROUND_BATCHES * BULK_RECORDS_MAX)
    figures = _figures(f"records admitted, up to {BAR_RECORDS:,}", rounds[:first], bar=BAR)
    if rounds[first:]:
        total = len(rounds) * ROUND_BATCHES * BULK_RECORDS_MAX
        figures += _figures(f"records admitted, on to {total:,}", rounds[first:])
    return figures


def _round(intake: Intake, batches: Sequence[Sequence[bytes]], other: Executor) -> Round:
    some = batches[0][:VERIFIED]
    one_core = _verify_alone(some)
    there = other.submit(_verify_alone, some)
    here = _verify_alone(some)
    two_cores = 1 / (1 / here + 1 / there.result())
    began = time.perf_counter()
    for batch, coming in zip(batches, [*batches[1:], []], strict=True):
        assert intake.admit_public(batch, coming) == [Came.NEW] * len(batch), intake.refused
    count = sum(map(len, batches))
    return Round((time.perf_counter() - began) / count, one_core, two_cores)


def _verify_alone(records: Sequence[bytes]) -> float:
    parsed = [parse(data) for data in records]
    messages = [DOMAIN + b"\0" + each.signed for each in parsed]
    began = time.perf_counter()
    for each, message in zip(parsed, messages, strict=True):
        VerifyKey(each.author).verify(message, each.signature)
    return (time.perf_counter() - began) / len(parsed)


def _figures(name: str, rounds: Sequence[Round], bar: float | None = None) -> list[Figure]:
    """Beside one core, to which the bar is held; and beside two, which is as many as we use."""
    ours = _rate([each.ours for each in rounds])
    one = median([each.one_core / each.ours for each in rounds])
    two = median([each.two_cores / each.ours for each in rounds])
    return [
        Figure(
            name=name,
            ours=ours,
            raw=f"{_rate([each.one_core for each in rounds])} verified on one core",
            ratio=f"{one:.2f}",
            bar=f">= {bar:.2f}" if bar else "-",
            is_met=one >= bar if bar else None,
        ),
        Figure(
            name=f"{name}: beside both cores",
            ours=ours,
            raw=f"{_rate([each.two_cores for each in rounds])} verified on two cores",
            ratio=f"{two:.2f}",
        ),
    ]


def _rate(seconds: Sequence[float]) -> str:
    return f"{1 / median(seconds):,.0f}/s"


def _rounds(records: Iterator[bytes]) -> Iterator[list[list[bytes]]]:
    while some := [batch for _ in range(ROUND_BATCHES) if (batch := _batch(records))]:
        yield some


def _batch(records: Iterator[bytes]) -> list[bytes]:
    return list(islice(records, BULK_RECORDS_MAX))
