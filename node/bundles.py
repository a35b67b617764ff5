"""Bundles: carry what everybody may see by file, where no line is; in by the one door."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

import trio

from goodword.crypto.keys import PublicKey
from goodword.protocol import bundle, interest
from goodword.protocol.errors import DamagedBundle, Refusal
from goodword.storage import circle, excerpt, people, shelves
from goodword.storage.database import Database, Reader, Transaction

from . import reading
from .aside import Aside
from .clock import Clock
from .draft import check_free, draft
from .intake import Came, Intake
from .paths import paths
from .reading import Misunderstood, NotFound
from .show import Json

SCOPES: Final = (
    "all, mine, circle (me, whom I follow or vouch for), near (within three steps of vouches),"
    " person:NAME, category:NAME, region:BEGINNING"
)

SCOPES_MAX: Final = 100
"""Of one bundle; each is a look through the database."""

TURNS: Final = 8
"""Of all others between two batches: a request takes about five, from its connection to its
answer, and should not wait for as many batches."""

Choose: TypeAlias = Callable[[Transaction], Iterable[int]]
"""The records of a scope, by their seqs. Called in another thread."""


class Bundles:
    def __init__(
        self, database: Database, aside: Aside, intake: Intake, me: PublicKey, clock: Clock
    ) -> None:
        self._aside = aside
        self._database = database
        self._intake = intake
        self._me = me
        self._clock = clock
        self._one_at_a_time = trio.CapacityLimiter(1)

    async def write(self, *, file: str, scope: list[str]) -> Json:
        """Write what is public of a scope into a new file: all, circle, person:NAME and so on."""
        path = _absolute(file)
        texts = dict.fromkeys(each.strip() for text in scope for each in text.split(","))
        if not 1 <= len(texts) <= SCOPES_MAX:
            raise Misunderstood(f"{len(texts)} scopes: it takes 1 to {SCOPES_MAX}", _HINT)
        with self._database.reading() as db:
            chosen = [self._choice(db, each) for each in texts]
        async with self._one_at_a_time:
            count, size = await trio.to_thread.run_sync(self._write, path, chosen)
        return {"file": file, "records": count, "bytes": size}

    async def read(self, *, file: str) -> Json:
        """Let in what a bundle holds, as if it came by gossip: how much was kept, known, refused.

        Of a damaged file all that stands before the damage; `damage` says what is wrong with it.
        """
        path = _absolute(file)
        kept: Counter[Came] = Counter()
        refused: Counter[str] = Counter()
        damage: DamagedBundle | None = None
        async with self._one_at_a_time:
            with await trio.to_thread.run_sync(_opened, path) as source:
                batches = bundle.read(partial(_take, source))
                while True:
                    try:
                        batch = await trio.to_thread.run_sync(next, batches, None)
                    except DamagedBundle as refusal:
                        damage = refusal
                        break
                    if batch is None:
                        break
                    self._admit(batch, kept, refused)
                    await self._let_others()
        return _told(file, kept, refused, damage)

    async def _let_others(self) -> None:
        for _ in range(TURNS):
            await trio.lowlevel.checkpoint()
        await self._aside.quiet()

    def _admit(self, batch: Sequence[bytes], kept: Counter[Came], refused: Counter[str]) -> None:
        """One batch, in one transaction; between two of them others are answered."""
        self._intake.nearness.hurry()
        for outcome in self._intake.admit_public(batch):
            if isinstance(outcome, Refusal):
                refused[outcome.code] += 1
            else:
                kept[outcome] += 1

    def _write(self, path: Path, chosen: Iterable[Choose]) -> tuple[int, int]:
        """How many records were written, and bytes. In another thread, from one moment of the
        database."""
        assert self._database.path is not None, "a node's database is a file"
        # A connection of its own: else whoever searches meanwhile would wait for the whole file.
        reader = Reader(self._database.path)
        try:
            with reader.reading() as db:
                now = self._clock()
                seqs = {seq for choose in chosen for seq in choose(db)}
                seqs.update(excerpt.about(db, excerpt.sellers(db, seqs)))
                return _write_out(path, excerpt.handed_on(db, seqs, now))
        finally:
            reader.close()

    # --- scopes --------------------------------------------------------------------------------

    def _choice(self, db: Transaction, text: str) -> Choose:
        """What a scope means. Raises Misunderstood or NotFound."""
        name, colon, rest = text.partition(":")
        if colon:
            match name:
                case "person":
                    return partial(_of_people, [reading.person(db, rest)])
                case "category":
                    category = reading.category_named(rest)
                    return partial(shelves.seqs, interest=interest.make((), [category]))
                case "region" if rest.strip():
                    region = reading.region_beginning(rest)
                    return partial(shelves.seqs, interest=interest.make((), (), [region]))
                case _:
                    pass
        match text:
            case "all":
                return excerpt.everybody
            case "mine":
                return partial(_of_people, [self._me])
            case "circle":
                members = circle.members(db, self._me, self._clock())
                return partial(_of_people, [self._me, *members])
            case "near":
                return partial(_of_people, self._near(db))
            case _:
                raise Misunderstood(f"{text[:60]!r} is no scope", _HINT)

    def _near(self, db: Transaction) -> list[PublicKey]:
        """Along vouches alone, which are public: whom I named is nobody's business."""
        blocked = set(people.blocked(db))
        found = paths(db, self._me, self._clock())
        return [self._me, *(each for each in found if each not in blocked)]


_HINT: Final = f"it is one of {SCOPES}; several are put together"


def _of_people(of: Sequence[PublicKey], db: Transaction) -> list[int]:
    return excerpt.of_people(db, of)


# --- files -------------------------------------------------------------------------------------


def _absolute(file: str) -> Path:
    path = Path(file)
    if not path.is_absolute() or "\0" in file:
        raise Misunderstood(f"{file!r} is not an absolute path", "the node has its own folder")
    return path


def _write_out(path: Path, records: Iterator[bytes]) -> tuple[int, int]:
    pieces = size = 0
    try:
        check_free(path)
        with draft(path) as target:
            for piece in bundle.write(records):
                size += target.write(piece)
                pieces += 1
            if (count := pieces - bundle.OTHER_PIECES) == 0:
                raise NotFound("nothing public is here in this scope: no file was written")
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror or error}") from error
    return count, size


def _opened(path: Path) -> BinaryIO:
    """Raises OSError in our words."""
    try:
        _check_ends(path)
        return path.open("rb")
    except OSError as error:
        raise OSError(f"cannot read {path}: {error.strerror or error}") from error


def _check_ends(path: Path) -> None:
    if path.is_fifo():  # to open it could wait for ever
        raise OSError("it is a pipe")


def _take(source: BinaryIO, size: int) -> bytes:
    try:
        return source.read(size)
    except OSError as error:  # the stick was pulled; or it is a folder
        raise DamagedBundle(at=source.tell(), why=error.strerror or str(error)) from error


def _told(
    file: str, kept: Mapping[Came, int], refused: Mapping[str, int], damage: DamagedBundle | None
) -> Json:
    return {
        "file": file,
        "kept": kept[Came.NEW],
        "known": kept[Came.KNOWN],
        "refused": dict(sorted(refused.items())),
        "damage": damage
        and {"code": damage.code, "message": str(damage), "hint": damage.hint, "at": damage.at},
    }
