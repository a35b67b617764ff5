"""A backup: one encrypted file that holds a whole home, and becomes a home again elsewhere.

    magic 16 | passes 4 | memory 8 | salt 16 | stream header 24 | sealed chunks
    inside:  files 1 | then each: name length 1, name, size 8, its bytes

Rule 1: the libsodium secretstream authenticates every chunk, their order, their end and, with the
first one, all that stands before it. Nothing of a file counts before its last chunk is checked.
Rule 2: a database of any size passes through in chunks: it never sits in memory.
Rule 3: the device's own key, peer.key, stays behind: a restored home is another device.
"""

from __future__ import annotations

import os
import secrets
import shutil
import struct
import tempfile
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, Final

from nacl import bindings as sodium
from nacl.exceptions import RuntimeError as SodiumError
from nacl.pwhash import argon2id

from goodword.crypto.vault import MODERATE, PASSPHRASE_BYTES_MAX, Cost, WrongPassphrase
from goodword.storage.database import Database

from .draft import check_free, draft
from .home import Home, HomeError, make_folder

MAGIC: Final = b"goodword-backup1"
FIXED: Final = struct.Struct(">16sIQ16s")
HEAD_BYTES: Final = FIXED.size + sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES
FILE_SIZE: Final = struct.Struct(">Q")

CHUNK_BYTES: Final = 64 * 1024
SEALED_BYTES: Final = CHUNK_BYTES + sodium.crypto_secretstream_xchacha20poly1305_ABYTES

FINAL: Final = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
MORE: Final = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE


class BadArchive(HomeError):
    """The file is no backup, or not all of one."""


def write(home: Home, passphrase: bytes, file: Path, *, cost: Cost = MODERATE) -> None:
    """Write a backup of `home` to `file`, whole or not at all; a node may run meanwhile.

    Raises HomeError where `file` exists or cannot be written, StorageFailed.
    """
    if not 1 <= len(passphrase) <= PASSPHRASE_BYTES_MAX:
        raise HomeError(f"the passphrase of a backup has 1 to {PASSPHRASE_BYTES_MAX} bytes")
    check_free(file)
    # Inside of the home, which nobody else can look into: the copy is not encrypted.
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=home.path) as folder:
        sources = [home.identity, home.settings]
        if home.database.exists():
            copy = Path(folder) / home.database.name
            with closing(Database(home.database)) as database:
                database.copy_to(copy)
            sources.append(copy)
        with draft(file) as target:
            _seal([each for each in sources if each.exists()], passphrase, cost, target)


def restore(file: Path, passphrase: bytes, home: Home) -> None:
    """Make `home` from a backup, whole or not at all.

    Raises HomeError where there is a home already, BadArchive, WrongPassphrase, StorageFailed.
    """
    check_empty(home)
    # Resolved, for a link cannot be replaced by the folder that it leads to.
    path = home.path.resolve()
    try:
        source = file.open("rb")
    except OSError as error:
        raise BadArchive(f"cannot read {file}: {error.strerror}") from error
    with source:
        opened = _Opened(source, passphrase)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            make_folder(draft)
            _unpack(opened, Home(draft))
            _check(Home(draft))
            _move(draft, path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def check_empty(home: Home) -> None:
    """Raises HomeError unless a home can be made there."""
    if home.path.exists() and (not home.path.is_dir() or any(home.path.iterdir())):
        raise HomeError(f"{home.path} is not empty", "name another --home: nothing was overwritten")


# --- sealing -----------------------------------------------------------------------------------


def _seal(sources: Sequence[Path], passphrase: bytes, cost: Cost, target: BinaryIO) -> None:
    salt = secrets.token_bytes(argon2id.SALTBYTES)
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    fixed = FIXED.pack(MAGIC, cost.ops, cost.memory_bytes, salt)
    head = fixed + sodium.crypto_secretstream_xchacha20poly1305_init_push(
        state, _key(passphrase, salt, cost)
    )
    target.write(head)
    chunk, said = b"", head
    for piece in _pieces(sources):
        chunk += piece
        while len(chunk) > CHUNK_BYTES:  # the last chunk is never empty, and is sealed as the last
            target.write(_push(state, chunk[:CHUNK_BYTES], said, MORE))
            chunk, said = chunk[CHUNK_BYTES:], b""
    target.write(_push(state, chunk, said, FINAL))


def _pieces(sources: Sequence[Path]) -> Generator[bytes]:
    yield bytes([len(sources)])
    for source in sources:
        with source.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            name = source.name.encode()
            yield bytes([len(name)]) + name + FILE_SIZE.pack(size)
            while size > 0:
                piece = file.read(min(CHUNK_BYTES, size))
                if not piece:
                    raise OSError(f"{source} became shorter while it was read")
                size -= len(piece)
                yield piece


def _push(
    state: sodium.crypto_secretstream_xchacha20poly1305_state, chunk: bytes, said: bytes, tag: int
) -> bytes:
    return sodium.crypto_secretstream_xchacha20poly1305_push(state, chunk, said, tag)


def _key(passphrase: bytes, salt: bytes, cost: Cost) -> bytes:
    try:
        return argon2id.kdf(
            sodium.crypto_secretstream_xchacha20poly1305_KEYBYTES,
            passphrase,
            salt,
            cost.ops,
            cost.memory_bytes,
        )
    except SodiumError as error:  # libsodium's only failure within the bounds
        raise HomeError(f"a backup needs {cost.memory_bytes >> 20} MiB of free memory") from error


# --- opening -----------------------------------------------------------------------------------


class _Opened:
    """The plain bytes of an archive, each of them authentic."""

    def __init__(self, source: BinaryIO, passphrase: bytes) -> None:
        """Raises BadArchive or WrongPassphrase."""
        head = source.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES or not head.startswith(MAGIC):
            raise BadArchive("the file is not a backup of goodword")
        _, ops, memory_bytes, salt = FIXED.unpack(head[: FIXED.size])
        cost = Cost(ops=ops, memory_bytes=memory_bytes)
        if not cost.is_bounded():
            raise BadArchive("the backup asks for more time or memory than any backup needs")
        if not 1 <= len(passphrase) <= PASSPHRASE_BYTES_MAX:
            raise WrongPassphrase("the backup is locked with a passphrase, and none was given")
        self._source = source
        self._state = sodium.crypto_secretstream_xchacha20poly1305_state()
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(
            self._state, head[FIXED.size :], _key(passphrase, salt, cost)
        )
        self._is_final = False
        try:
            self._chunk = self._pull(head)
        except BadArchive as error:
            raise WrongPassphrase("the passphrase is wrong, or the backup is damaged") from error

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, at most a chunk. Raises BadArchive."""
        while len(self._chunk) < size:
            if self._is_final:
                raise BadArchive("the backup ends too early")
            self._chunk += self._pull()
        data, self._chunk = self._chunk[:size], self._chunk[size:]
        return data

    def end(self) -> None:
        """Raises BadArchive unless all was read, and the stream ends here."""
        if self._chunk or not self._is_final or self._source.read(1):
            raise BadArchive("the backup holds more than it should")

    def _pull(self, said: bytes = b"") -> bytes:
        sealed = self._source.read(SEALED_BYTES)
        if len(sealed) < sodium.crypto_secretstream_xchacha20poly1305_ABYTES:
            raise BadArchive("the backup was cut off")
        try:
            chunk, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(
                self._state, sealed, said
            )
        except SodiumError as error:
            raise BadArchive("the backup is damaged, or was cut off") from error
        self._is_final = tag == FINAL
        return chunk


def _unpack(opened: _Opened, home: Home) -> None:
    expected = {each.name: each for each in (home.identity, home.settings, home.database)}
    (files,) = opened.read(1)
    for _ in range(files):
        (name_bytes,) = opened.read(1)
        name = opened.read(name_bytes).decode(errors="replace")
        (size,) = FILE_SIZE.unpack(opened.read(FILE_SIZE.size))
        path = expected.pop(name, None)
        if path is None:
            raise BadArchive(f"the backup holds {name!r}, which does not belong in it")
        _unpack_file(opened, path, size)
    opened.end()
    if home.identity.name in expected:
        raise BadArchive("the backup holds no identity")


def _unpack_file(opened: _Opened, path: Path, size: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while size > 0:
            piece = opened.read(min(CHUNK_BYTES, size))
            size -= len(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _check(home: Home) -> None:
    """Raises StorageFailed where the database is none: now, and not when the node starts."""
    if home.database.exists():
        Database(home.database).close()


def _move(draft: Path, path: Path) -> None:
    try:
        draft.rename(path)
    except OSError as error:
        raise HomeError(
            f"cannot make {path}: {error.strerror}", "name a --home that does not exist yet"
        ) from error
