"""Examine a home: its files, its keys, its database; make the views anew if asked to.

Rule 1: it changes nothing unless asked to: what it tries out, it tries on a copy.
Rule 2: it looks at everything, whatever is wrong with one thing.
"""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from goodword.crypto.vault import BadVault
from goodword.storage import meta, soundness, views
from goodword.storage.database import Database, StorageFailed, Transaction

from . import settings
from .home import PEER_SEED_BYTES, Home, HomeBusy, HomeError
from .show import Json

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600

LEFTOVERS: Final = (".backup-*", ".doctor-*", ".*.????????")
"""What our own commands leave in a home when they are killed."""

Code: TypeAlias = Literal[
    "identity", "mode", "settings", "peer_key", "database", "views", "leftover"
]


@dataclass(frozen=True, slots=True)
class Problem:
    code: Code
    text: str
    hint: str = ""


def examine(home: Home, *, rebuild: bool) -> Json:
    """What is wrong with `home`, in words; with `rebuild`, its views are made anew first.

    Raises HomeError where there is no home, HomeBusy where a node runs in one to be rebuilt.
    """
    if not home.path.is_dir():
        raise HomeError(f"there is no home at {home.path}", "make one with `goodword init`")
    with ExitStack() as stack:
        is_running = not _is_ours(home, stack)
        if is_running and rebuild:
            raise HomeBusy(f"a node is running in {home.path}", "stop it, then rebuild")
        problems: list[Problem] = []
        if rebuild and home.database.exists():
            problems += _rebuilt(home)
        for check in CHECKS:
            problems += check(home)
    return {
        "home": str(home.path),
        "is_running": is_running,
        "is_rebuilt": rebuild and not problems,
        "is_sound": not problems,
        "checks": len(CHECKS),
        "problems": [asdict(each) for each in problems],
    }


def _is_ours(home: Home, stack: ExitStack) -> bool:
    """Whether we have the home to ourselves from now on."""
    try:
        stack.enter_context(home.locked())
    except HomeBusy:
        return False
    return True


# --- files -------------------------------------------------------------------------------------


def _identity(home: Home) -> Iterator[Problem]:
    """Whether the vault can be read; whether its passphrase is known is for its owner to say."""
    hint = "`goodword init --restore` brings it back from its words, into another --home"
    try:
        home.needs_passphrase()
    except FileNotFoundError:
        yield Problem("identity", f"{home.identity} is not there", hint)
    except OSError as error:
        yield Problem("identity", f"cannot read {home.identity}: {error.strerror}")
    except BadVault as error:
        yield Problem("identity", f"{home.identity}: {error}", hint)


def _modes(home: Home) -> Iterator[Problem]:
    """Whether others on this machine can look in."""
    yield from _mode(home.path, FOLDER_MODE)
    for path in sorted(home.path.iterdir()):
        found = path.lstat().st_mode
        if stat.S_ISREG(found) or stat.S_ISSOCK(found):
            yield from _mode(path, FILE_MODE)


def _mode(path: Path, wanted: int) -> Iterator[Problem]:
    found = stat.S_IMODE(path.lstat().st_mode)
    if found & ~wanted & 0o077:
        text = f"{path} can be opened by others: its mode is {found:04o}"
        yield Problem("mode", text, f"chmod {wanted:o} {path}")


def _settings(home: Home) -> Iterator[Problem]:
    try:
        settings.read(home.settings)
    except HomeError as error:
        yield Problem("settings", str(error), error.hint)
    except OSError as error:
        yield Problem("settings", f"cannot read {home.settings}: {error.strerror}")


def _peer_key(home: Home) -> Iterator[Problem]:
    if home.peer_key.exists() and home.peer_key.stat().st_size != PEER_SEED_BYTES:
        text = f"{home.peer_key} is damaged"
        yield Problem("peer_key", text, "delete it: the node makes a new one")


def _leftovers(home: Home) -> Iterator[Problem]:
    for pattern in LEFTOVERS:
        for path in sorted(home.path.glob(pattern)):
            text = f"{path} was left behind by a command that was killed"
            yield Problem("leftover", text, "delete it, unless such a command is running now")


# --- the database ------------------------------------------------------------------------------


def _database(home: Home) -> Iterator[Problem]:
    if not home.database.exists():
        return
    try:
        with closing(Database(home.database)) as database:
            hint = "restore a backup with `goodword restore`"
            found = [Problem("database", each, hint) for each in database.problems()]
            if not found:
                found = [*_references(database), *_owner(home, database), *_views(home, database)]
    except StorageFailed as error:
        found = [Problem("database", str(error), error.hint)]
    yield from found


def _references(database: Database) -> Iterator[Problem]:
    with database.reading() as db:
        for table in soundness.broken_references(db):
            text = f"the table {table} refers to records that are not there"
            yield Problem("database", text, "`goodword doctor --rebuild`, or restore a backup")


def _owner(home: Home, database: Database) -> Iterator[Problem]:
    """Whether the database is the identity's; only an open vault can tell without its owner."""
    with database.reading() as db:
        owner = meta.owner(db)
    try:
        if owner is None or home.needs_passphrase():
            return
        person = home.person(None)
    except (OSError, ValueError):
        return  # _identity says what is wrong with it
    if person.public_key != owner:
        text = "the database belongs to another identity than the home's"
        yield Problem("database", text, "one of the two came from elsewhere: restore a backup")


def _views(home: Home, database: Database) -> Iterator[Problem]:
    """Whether the views are what the records make of them; tried on a copy."""
    with tempfile.TemporaryDirectory(prefix=".doctor-", dir=home.path) as folder:
        copy = Path(folder) / home.database.name
        database.copy_to(copy)
        with closing(Database(copy)) as tried, tried.transaction(is_promise=False) as db:
            before = soundness.fingerprints(db)
            if not _rebuild(db):
                return
            after = soundness.fingerprints(db)
    for name, right in after.items():
        if before[name] != right:
            rows = f"{before[name].rows} rows, and the records make {right.rows}"
            text = f"the view {name} is not what the records make of it: it has {rows}"
            yield Problem("views", text, "`goodword doctor --rebuild` makes it anew")


def _rebuilt(home: Home) -> list[Problem]:
    try:
        with closing(Database(home.database)) as database, database.transaction() as db:
            _rebuild(db)
    except StorageFailed as error:
        return [Problem("database", str(error), error.hint)]
    return []


def _rebuild(db: Transaction) -> bool:
    """Whether there was anybody to rebuild for."""
    owner = meta.owner(db)
    if owner is not None:
        views.rebuild(db, owner)
    return owner is not None


CHECKS: Final = (_identity, _modes, _settings, _peer_key, _leftovers, _database)
