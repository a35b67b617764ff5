"""A process that writes until something stops it: a limit on files, or SIGKILL.

It says on its output what it has promised: only that may be counted on afterwards.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Final

from goodword.node.intake import Intake
from goodword.protocol.kinds import KINDS
from goodword.protocol.record import Record
from goodword.storage import views
from goodword.storage.database import Database, StorageFailed
from tests.make import BEN, NOW, listing

BATCH: Final = 20
TEXT: Final = "handmade wallet of vegetable tanned leather " * 40


def batch(number: int) -> list[Record]:
    """The `number`-th twenty listings."""
    first = number * BATCH
    return [
        listing(nonce=n.to_bytes(16, "big"), text=f"{TEXT} {n}")
        for n in range(first, first + BATCH)
    ]


def admit_for_ever(database: Database) -> None:
    """Batch after batch; the number of each is said once it is kept."""
    intake = Intake(database, BEN.public_key, lambda: NOW)
    number = 0
    while True:
        intake.admit_many([record.to_bytes() for record in batch(number)])
        number += 1
        tell(f"kept {number}")


def fill_the_disk(database: Database, limit_bytes: int) -> None:
    """Admit until no file may grow; then say what was said of it, and that reading still works."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, resource.RLIM_INFINITY))
    try:
        admit_for_ever(database)
    except StorageFailed as error:
        tell(f"failed {error} | {error.hint}")
    tell(f"sound {database.problems()}")


def stay_in_a_transaction(database: Database) -> None:
    """Write one batch, and another that is never committed, most of it on disk already."""
    intake = Intake(database, BEN.public_key, lambda: NOW)
    intake.admit_many([record.to_bytes() for record in batch(0)])
    with database.transaction() as db:
        db.execute("PRAGMA cache_size = 4")  # pages: so that they must go to disk early
        for number in range(1, 10):
            for record in batch(number):
                kind = KINDS[record.kind]
                place = views.place(db, record, kind)
                assert place is not None, "it is new"
                views.keep(db, record, record.to_bytes(), kind, NOW, place, BEN.public_key)
        tell("kept 1")
        sys.stdin.read()


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    what, path, *numbers = sys.argv[1:]
    database = Database(Path(path))
    match what:
        case "for-ever":
            admit_for_ever(database)
        case "full":
            fill_the_disk(database, int(numbers[0]))
        case _:
            stay_in_a_transaction(database)


if __name__ == "__main__":
    main()
