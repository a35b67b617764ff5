"""Run a node in the foreground: what `goodword start` becomes."""

from __future__ import annotations

import argparse
import logging
import logging.handlers
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from getpass import getpass
from pathlib import Path
from typing import Final, cast

import trio

from goodword.crypto.address import to_address
from goodword.crypto.person import Person
from goodword.crypto.vault import BadVault, WrongPassphrase
from goodword.storage import meta
from goodword.storage.database import Database, Reader, StorageFailed
from goodword.storage.meta import WrongOwner

from . import passphrase, settings
from .app import Node
from .garbage import look_seldom
from .home import Home, HomeError
from .settings import Settings
from .transport import CannotListen, PeerUnreachable

OK, REFUSED, USAGE, BUG, DISK = 0, 1, 2, 70, 74
"""Exit codes, as the command line has them; 74 is EX_IOERR of sysexits.h."""

LOG_BYTES_MAX: Final = 5 * 1024 * 1024
"""One log file; the one before it is kept beside it."""

BUILDER_CACHE_KIB: Final = 2 * 1024
"""For who reads each opinion once, from the first to the last: there is nothing to remember."""

log = logging.getLogger("goodword")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    home = Home(options.home)
    try:
        return _start(home, options)
    except HomeError as error:
        return _complain(str(error), error.hint, REFUSED)
    except StorageFailed as error:
        return _complain(str(error), error.hint, DISK)
    except WrongPassphrase as error:
        return _complain(str(error), "", REFUSED)
    except (BadVault, WrongOwner) as error:
        return _complain(str(error), "restore the home from a backup or from your words", REFUSED)
    except KeyboardInterrupt:
        return 130


def _start(home: Home, options: argparse.Namespace) -> int:
    home.check()
    chosen = settings.read(home.settings).with_arguments(
        options.listen, options.peer, mdns=options.mdns
    )
    person = home.person(_passphrase(home, options.passphrase_file))
    with home.locked(), ExitStack() as stack:
        _log_to(home.log, stack)
        database = Database(home.database)
        stack.callback(database.close)
        with database.transaction() as db:
            meta.claim(db, person.public_key)
        home.database.chmod(0o600)
        readers = Reader(home.database), Reader(home.database, cache_kib=BUILDER_CACHE_KIB)
        for each in readers:
            stack.callback(each.close)
        return _run(home, person, chosen, database, readers)


def _run(
    home: Home,
    person: Person,
    chosen: Settings,
    database: Database,
    readers: tuple[Reader, Reader],
) -> int:
    node = Node(home, person, chosen, database, readers)
    look_seldom()
    try:
        trio.run(_serve, node)
    except BaseException as error:
        log.exception("the node stopped")
        match cause := _cause(error):
            case HomeError():
                return _complain(str(cause), cause.hint, REFUSED)
            case CannotListen() | PeerUnreachable():
                return _complain(str(cause), "write it as /ip4/127.0.0.1/tcp/4001", USAGE)
            case StorageFailed():
                return _complain(str(cause), cause.hint, DISK)
            case Exception():
                return _complain(f"a bug of ours: {cause!r}", f"{home.log} has the details", BUG)
            case _:
                raise
    return OK


def _cause(error: BaseException) -> BaseException:
    """The first real failure in nested groups: the others are its consequences."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    group = cast("BaseExceptionGroup[BaseException]", error)
    return _cause(group.exceptions[0])


async def _serve(node: Node) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            await nursery.start(node.run)
            _announce(node)
            await anext(signals)
            nursery.cancel_scope.cancel()


def _announce(node: Node) -> None:
    """Where and who, for people, and for scripts that wait for the ready line."""
    for address in node.transport.addresses:
        print(f"goodword: listening on {address}")
    print(f"goodword: ready: {to_address(node.me)}", flush=True)


def _passphrase(home: Home, file: Path | None) -> bytes | None:
    """From the file, the environment or the terminal; None where the home needs none."""
    if not home.needs_passphrase():
        return None
    if (given := passphrase.given(file)) is not None:
        return given
    if not sys.stdin.isatty():
        raise HomeError(
            "the home is locked with a passphrase",
            f"name --passphrase-file, or set {passphrase.VARIABLE}",
        )
    return passphrase.normal(getpass("passphrase: "))


def _log_to(path: Path, stack: ExitStack) -> None:
    path.touch(mode=0o600)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_BYTES_MAX, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    stack.callback(handler.close)
    stack.callback(log.removeHandler, handler)
    # libp2p logs every peer's mistake as an error of its own; our log is for the owner.
    logging.getLogger("libp2p").addHandler(logging.NullHandler())
    logging.getLogger("libp2p").propagate = False


def _complain(text: str, hint: str, status: int) -> int:
    print(f"goodword: {text}", file=sys.stderr)
    if hint:
        print(f"goodword: hint: {hint}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="goodword start", description="Run a node.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--listen", action="append", default=[], metavar="MULTIADDR")
    parser.add_argument("--peer", action="append", default=[], metavar="MULTIADDR")
    parser.add_argument("--mdns", action="store_true", help="find nodes on the same LAN")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
