"""A home: the folder where one person's node keeps everything, for her eyes only."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from goodword.crypto.person import Person
from goodword.crypto.vault import needs_passphrase, unlock

PEER_SEED_BYTES: Final = 32
SOCKET_PATH_BYTES_MAX: Final = 103
"""A Unix socket's path: 104 bytes on macOS, 108 on Linux, both with a closing zero."""


class HomeError(Exception):
    """The home cannot be used as it is."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


class HomeBusy(HomeError):
    """A node, or a command that needs the home for itself, runs in it."""


@dataclass(frozen=True, slots=True)
class Home:
    path: Path

    @property
    def identity(self) -> Path:
        """The root of the person's keys, locked with a passphrase."""
        return self.path / "identity.json"

    @property
    def peer_key(self) -> Path:
        """The seed of this device's own libp2p key: never the identity's."""
        return self.path / "peer.key"

    @property
    def database(self) -> Path:
        return self.path / "goodword.sqlite"

    @property
    def settings(self) -> Path:
        return self.path / "settings.toml"

    @property
    def first_profile(self) -> Path:
        """What `goodword init --name` leaves for the first start to publish."""
        return self.path / "profile.json"

    @property
    def control(self) -> Path:
        return self.path / "control.sock"

    @property
    def log(self) -> Path:
        return self.path / "node.log"

    def check(self) -> None:
        """Raises HomeError unless somebody lives here, alone."""
        if not self.identity.exists():
            raise HomeError(
                f"no identity at {self.path}", "make one with `goodword init`, or name its --home"
            )
        if len(os.fsencode(self.control)) > SOCKET_PATH_BYTES_MAX:
            raise HomeError(
                f"the path of {self.control} is longer than a socket's may be",
                f"use a --home whose path is shorter than {SOCKET_PATH_BYTES_MAX - 13} bytes",
            )

    def needs_passphrase(self) -> bool:
        return needs_passphrase(self.identity.read_bytes())

    def person(self, passphrase: bytes | None) -> Person:
        """Who lives here. Raises WrongPassphrase or BadVault."""
        return Person.from_root(unlock(self.identity.read_bytes(), passphrase))

    def peer_seed(self) -> bytes:
        """The seed of this device's key, made at its first start."""
        try:
            seed = self.peer_key.read_bytes()
        except FileNotFoundError:
            seed = secrets.token_bytes(PEER_SEED_BYTES)
            write_private(self.peer_key, seed)
        if len(seed) != PEER_SEED_BYTES:
            raise HomeError(
                f"{self.peer_key} is damaged: {len(seed)} bytes instead of {PEER_SEED_BYTES}",
                "delete it: the node makes a new one, and peers learn of it by themselves",
            )
        return seed

    @contextmanager
    def locked(self) -> Generator[None]:
        """Nobody else uses the home meanwhile. Raises HomeBusy, at once, if somebody does."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise HomeBusy(
                    f"a node is already running in {self.path}", "stop it first"
                ) from error
            yield
        finally:
            os.close(descriptor)


def make_folder(path: Path) -> None:
    """A folder that only its owner can look into; an existing one is closed to others."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)


def write_private(path: Path, data: bytes) -> None:
    """A file that only its owner can read, whole or not at all. Raises FileExistsError.

    The data is on disk under another name before it gets its own: a crash leaves no half of it.
    """
    if path.exists():
        raise FileExistsError(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # refuses to replace what somebody made meanwhile
    finally:
        draft.unlink()
