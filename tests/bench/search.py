"""Figure 3: searches ranked by trust, English and Chinese, as the local API answers them.

Before each search a record comes: nothing is told again only because nothing has happened. The raw
limit is SQLite's index alone, asked for the newest twenty rows of the same words: no ranking, no
filter, no listing read.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import trio

from goodword.crypto.address import to_address
from goodword.crypto.person import Person
from goodword.node.aside import Aside
from goodword.node.author import Author
from goodword.node.crowd import Crowd
from goodword.node.intake import Came, Intake
from goodword.node.market import Market
from goodword.node.quotas import MB
from goodword.node.trusting import Trusting
from goodword.storage import chapters
from goodword.storage.database import Database, Reader
from goodword.storage.words import query

from .corpus import NOW, REGIONS, Corpus
from .figure import Figure, milliseconds, percentile
from .friends import endorsements

BAR_SECONDS: Final = 0.050

SEARCHES: Final = 300
"""In each language."""

ROOM_BYTES: Final = 8_000 * MB
"""For strangers' records: the figures are of large markets, not of full nodes."""

Search = dict[str, str]
"""The parameters of `listing.search`."""

ENGLISH: Final = {
    "one word": 20,
    "two words": 25,
    "three words": 10,
    "a beginning": 10,
    "a word and a filter": 15,
    "two words and a filter": 5,
    "a filter alone": 5,
}
CHINESE: Final = {
    "one word": 30,
    "two words": 15,
    "a part of a word": 15,
    "two words run together": 5,
    "a word of each language": 10,
    "a word and a filter": 20,
    "two words and a filter": 5,
}
"""How often each comes. People search for things: seldom for the commonest words, which say
nothing, and seldom for the rarest."""

LANGUAGES: Final[Mapping[str, Mapping[str, int]]] = {"English": ENGLISH, "Chinese": CHINESE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds of each search."""

    ours: Sequence[float]
    raw: Sequence[float]


def measure(path: Path, person: Person, corpus: Corpus) -> Iterator[Figure]:
    """Over the database at `path`, which is `person`'s, and 20,000 opinions about who sells."""
    vouch(path, person, corpus)
    for language in LANGUAGES:
        times = times_of(path, person, corpus, language)
        ours, raw = percentile(times.ours, 95), percentile(times.raw, 95)
        yield Figure(
            name=f"search in {language}, ranked by trust, p95",
            ours=milliseconds(ours),
            raw=f"{milliseconds(raw)} FTS5 alone, unranked",
            ratio=f"{ours / raw:.1f}",
            bar=f"<= {milliseconds(BAR_SECONDS)}",
            is_met=ours <= BAR_SECONDS,
        )


def vouch(path: Path, person: Person, corpus: Corpus) -> None:
    """Let in what people say of each other."""
    with closing(Database(path)) as database:
        intake = Intake(database, person.public_key, _clock, ROOM_BYTES)
        for batch in _batches(endorsements(person.identity, corpus)):
            assert set(intake.admit_many(batch)) == {Came.NEW}, intake.refused


def times_of(path: Path, person: Person, corpus: Corpus, language: str) -> Times:
    with closing(Database(path)) as database, ExitStack() as stack:
        readers = [stack.enter_context(closing(Reader(path))) for _ in range(3)]
        return trio.run(_times, database, readers, person, corpus, language)


async def _times(
    database: Database, readers: list[Reader], person: Person, corpus: Corpus, language: str
) -> Times:
    me = person.public_key
    intake = Intake(database, me, _clock, ROOM_BYTES)
    asking, builder, raw_reader = readers
    aside, crowd = Aside(asking), Crowd(builder, me, _clock)
    trusting = Trusting(aside, crowd, me, _clock)
    intake.on_new(trusting.note)
    author = Author(person, intake, database, _clock)
    market = Market(author, database, aside, trusting, me, _clock)
    meanwhile = corpus.records(SEARCHES)
    ours: list[float] = []
    raw: list[float] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(crowd.run)
        await crowd.ready()
        for search in searches(corpus, language, SEARCHES):
            assert intake.admit_many([next(meanwhile)]) == [Came.NEW], intake.refused
            began = time.perf_counter()
            await market.search(**search)  # type: ignore[arg-type]  # all are text
            ours.append(time.perf_counter() - began)
            if search.get("words"):
                raw.append(await trio.to_thread.run_sync(_bare, raw_reader, search["words"]))
        nursery.cancel_scope.cancel()
    return Times(ours=ours, raw=raw)


def _clock() -> int:
    return NOW


def _batches(records: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(records)
    while batch := list(islice(rest, 512)):
        yield batch


def _bare(reader: Reader, words: str) -> float:
    left = 20
    began = time.perf_counter()
    with reader.reading() as db:
        for name in chapters.tables(db):
            select = f"SELECT rowid FROM {name} WHERE {name} MATCH ? ORDER BY rowid DESC LIMIT ?"
            left -= len(db.execute(select, (query(words), left)).fetchall())
            if not left:
                break
    return time.perf_counter() - began


def searches(corpus: Corpus, language: str, count: int) -> Iterator[Search]:
    """`count` searches in the proportions of the language, the same in every run."""
    dice = random.Random(2)
    mix = LANGUAGES[language]
    typed = _English(corpus, dice) if language == "English" else _Chinese(corpus, dice)
    for what in dice.choices(list(mix), weights=list(mix.values()), k=count):
        words, filtered = typed.words(what), "filter" in what
        yield {**({"words": words} if words else {}), **(_filter(corpus, dice) if filtered else {})}


class _English:
    def __init__(self, corpus: Corpus, dice: random.Random) -> None:
        self._corpus = corpus
        self._dice = dice

    def words(self, what: str) -> str:
        match what:
            case "a filter alone":
                return ""
            case "a beginning":
                return self._some(1)[: self._dice.choice((2, 3, 3, 4))]
            case "two words" | "two words and a filter":
                return self._some(2)
            case "three words":
                return self._some(3)
            case _:
                return self._some(1)

    def _some(self, count: int) -> str:
        vocabulary = self._corpus.english.vocabulary
        return " ".join(_any(vocabulary, self._dice) for _ in range(count))


class _Chinese:
    def __init__(self, corpus: Corpus, dice: random.Random) -> None:
        self._corpus = corpus
        self._dice = dice

    def words(self, what: str) -> str:
        one, other = self._some(), self._some()
        match what:
            case "a part of a word":  # two characters of it, or three
                start = self._dice.randrange(max(1, len(one) - 2))
                return one[start : start + self._dice.choice((2, 2, 3))]
            case "two words run together":
                return one + other
            case "two words" | "two words and a filter":
                return f"{one} {other}"
            case "a word of each language":
                return f"{one} {_any(self._corpus.english.vocabulary, self._dice)}"
            case _:
                return one

    def _some(self) -> str:
        return _any(self._corpus.chinese.vocabulary, self._dice)


def _any(vocabulary: Sequence[str], dice: random.Random) -> str:
    """A word of any frequency: each tenfold of its rank is as likely as the next."""
    rank = math.exp(dice.uniform(math.log(5), math.log(len(vocabulary))))
    return vocabulary[int(rank)]


def _filter(corpus: Corpus, dice: random.Random) -> Search:
    return dice.choice(
        [
            {"category": corpus.categories.some(1)[0]},
            {"max_price": f"{dice.randrange(5, 500)}.00 EUR"},
            {"region": dice.choice(REGIONS)[:2]},
            {"seller": to_address(dice.choice(corpus.sellers).public_key)},
        ]
    )
