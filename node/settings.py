"""What the owner may set: settings.toml in the home, and what the command line adds."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

from .home import HomeError
from .quotas import POT_MEGABYTES

LISTEN: Final = ("/ip4/0.0.0.0/tcp/0",)
"""Any free port, on this machine and its LAN."""

MEGABYTES_MAX: Final = 1_000_000
"""A terabyte: more is a slip of the hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    listen: tuple[str, ...] = LISTEN
    """Multiaddrs to listen on, TCP only."""
    peers: tuple[str, ...] = ()
    """Multiaddrs with /p2p/… of nodes to meet first."""
    mdns: bool = False
    """Tell the LAN of us, and find others there."""
    strangers_megabytes: int = POT_MEGABYTES
    """Room for the records of all strangers together; what is older than fits leaves."""

    def with_arguments(
        self, listen: Sequence[str], peers: Sequence[str], *, mdns: bool
    ) -> Settings:
        """What the command line says goes before the file; peers are added to the file's."""
        return replace(
            self,
            listen=tuple(listen) or self.listen,
            peers=(*self.peers, *peers),
            mdns=self.mdns or mdns,
        )


def read(path: Path) -> Settings:
    """The settings at `path`, or the defaults where there is no such file. Raises HomeError."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HomeError(f"{path} is not TOML: {error}") from error
    except OSError as error:
        raise HomeError(f"cannot read {path}: {error.strerror}") from error
    hint = (
        "it knows `listen` and `peers` (lists of multiaddrs), `mdns` (true or false) and"
        f" `strangers_megabytes` (1 to {MEGABYTES_MAX:,})"
    )
    for name, value in found.items():
        is_right = _CHECKS.get(name)
        if is_right is None:
            raise HomeError(f"{path} has no setting {name!r}", hint)
        if not is_right(value):
            raise HomeError(f"{path}: {name} is not of the right type", hint)
    return Settings(
        listen=tuple(cast("list[str]", found.get("listen", LISTEN))),
        peers=tuple(cast("list[str]", found.get("peers", ()))),
        mdns=cast("bool", found.get("mdns", False)),
        strangers_megabytes=cast("int", found.get("strangers_megabytes", POT_MEGABYTES)),
    )


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, str) for each in cast("list[object]", value)
    )


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


def _is_megabytes(value: object) -> bool:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return is_whole and 1 <= cast("int", value) <= MEGABYTES_MAX


_CHECKS: Final[Mapping[str, Callable[[object], bool]]] = {
    "listen": _is_texts,
    "peers": _is_texts,
    "mdns": _is_truth,
    "strangers_megabytes": _is_megabytes,
}
