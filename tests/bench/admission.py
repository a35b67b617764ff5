"""Figure 1: records admitted per second, beside the signatures alone; and the database of 3 and 5.

The batches are those of catch-up: as many records as one page holds. Between two rounds of
batches the same signatures are verified with PyNaCl alone, in one thread: so that a machine that
slows down slows both. By the clock on the wall, since admission verifies in a helper process.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from nacl.signing import VerifyKey

from goodword.crypto.keys import PublicKey
from goodword.node.intake import Came, Intake
from goodword.protocol.limits import PAGE_BYTES_MAX, WANT_IDS_MAX
from goodword.protocol.record import DOMAIN, parse
from goodword.storage import meta
from goodword.storage.database import Database

from .corpus import NOW
from .figure import Figure, median

BAR: Final = 0.5

BAR_RECORDS: Final = 20_000
"""The bar is for a database that grows to this. Beyond, every record goes to other pages of the
indexes than the ones before it, which no batch makes up for: that is a figure of its own."""

ROUND_RECORDS: Final = 2_500
"""Admitted between two looks at the raw limit: a third of a second."""

VERIFIED: Final = 500
"""Signatures of a round that are verified once more, alone: some 30 ms."""


def build(path: Path, me: PublicKey, records: Iterable[bytes]) -> list[Figure]:
    """Admit all of `records` into a new database at `path`, which is `me`'s."""
    database = Database(path)
    try:
        with database.transaction() as db:
            meta.claim(db, me)
        intake = Intake(database, me, lambda: NOW)
        rounds = [_round(intake, each) for each in _rounds(iter(records))]
    finally:
        database.close()
    first = BAR_RECORDS // ROUND_RECORDS
    figures = [_figure("records admitted, up to 20,000", rounds[:first], bar=BAR)]
    if rounds[first:]:
        total = len(rounds) * ROUND_RECORDS
        figures.append(_figure(f"records admitted, on to {total:,}", rounds[first:]))
    return figures


def _round(intake: Intake, records: Sequence[bytes]) -> tuple[float, float]:
    """Seconds for one record: admitted, and its signature alone."""
    raw = _verify_alone(records[:VERIFIED])
    began = time.perf_counter()
    for page in _pages(records):
        assert intake.admit_many(page) == [Came.NEW] * len(page), intake.refused
    return (time.perf_counter() - began) / len(records), raw


def _verify_alone(records: Sequence[bytes]) -> float:
    parsed = [parse(data) for data in records]
    messages = [DOMAIN + b"\0" + each.signed for each in parsed]
    began = time.perf_counter()
    for each, message in zip(parsed, messages, strict=True):
        VerifyKey(each.author).verify(message, each.signature)
    return (time.perf_counter() - began) / len(parsed)


def _figure(name: str, rounds: Sequence[tuple[float, float]], bar: float | None = None) -> Figure:
    ratio = median([raw / ours for ours, raw in rounds])
    return Figure(
        name=name,
        ours=f"{1 / median([ours for ours, _ in rounds]):,.0f}/s",
        raw=f"{1 / median([raw for _, raw in rounds]):,.0f}/s verified on one core",
        ratio=f"{ratio:.2f}",
        bar=f">= {bar:.2f}" if bar else "-",
        is_met=ratio >= bar if bar else None,
    )


def _rounds(records: Iterator[bytes]) -> Iterator[list[bytes]]:
    while batch := list(islice(records, ROUND_RECORDS)):
        yield batch


def _pages(records: Sequence[bytes]) -> Iterator[list[bytes]]:
    """As `syncer` asks for them and answers."""
    page: list[bytes] = []
    size = 0
    for each in records:
        if page and (size + len(each) > PAGE_BYTES_MAX or len(page) == WANT_IDS_MAX):
            yield page
            page, size = [], 0
        page.append(each)
        size += len(each)
    if page:
        yield page
