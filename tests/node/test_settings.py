from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.node import settings
from goodword.node.home import HomeError
from goodword.node.settings import LISTEN, Settings

ALL = """
listen = ["/ip4/127.0.0.1/tcp/4001"]
peers = ["/ip4/192.0.2.1/tcp/4001/p2p/12D3", "/dns4/例え/tcp/1/p2p/12D3"]
mdns = true
strangers_megabytes = 64
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_without_a_file_there_are_defaults(path: Path) -> None:
    assert settings.read(path) == Settings(listen=LISTEN, peers=(), mdns=False)


def test_an_empty_file_is_as_none(path: Path) -> None:
    path.write_bytes(b"\n# nothing\n")
    assert settings.read(path) == Settings()


def test_what_the_file_says_is_set(path: Path) -> None:
    path.write_text(ALL, encoding="utf-8")
    assert settings.read(path) == Settings(
        listen=("/ip4/127.0.0.1/tcp/4001",),
        peers=("/ip4/192.0.2.1/tcp/4001/p2p/12D3", "/dns4/例え/tcp/1/p2p/12D3"),
        mdns=True,
        strangers_megabytes=64,
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = 4001", "has no setting 'port'"),
        ("Mdns = true", "has no setting 'Mdns'"),
        ("[listen]\nport = 1", "listen is not of the right type"),
        ('listen = "/ip4/0.0.0.0/tcp/1"', "listen is not of the right type"),
        ("peers = [1]", "peers is not of the right type"),
        ('peers = [["/ip4/0.0.0.0"]]', "peers is not of the right type"),
        ("mdns = 1", "mdns is not of the right type"),
        ('mdns = "yes"', "mdns is not of the right type"),
        ("mdns = yes", "is not TOML"),
        ("strangers_megabytes = 0", "strangers_megabytes is not of the right type"),
        ("strangers_megabytes = 1_000_001", "strangers_megabytes is not of the right type"),
        ("strangers_megabytes = true", "strangers_megabytes is not of the right type"),
        ("strangers_megabytes = 1.5", "strangers_megabytes is not of the right type"),
        ("mdns = true\nmdns = true", "is not TOML"),
        ("\0", "is not TOML"),
    ],
)
def test_what_cannot_be_set_is_said_so_with_the_file(path: Path, text: str, words: str) -> None:
    path.write_text(text)
    with pytest.raises(HomeError, match=words) as caught:
        settings.read(path)
    assert str(path) in str(caught.value)


def test_the_hint_says_what_can_be_set(path: Path) -> None:
    path.write_text("port = 4001")
    with pytest.raises(HomeError) as caught:
        settings.read(path)
    assert all(f"`{name}`" in caught.value.hint for name in ("listen", "peers", "mdns"))


def test_a_file_that_is_no_text_is_said_so(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(HomeError, match="is not TOML"):
        settings.read(path)


@given(data=st.binary(max_size=60))
def test_any_bytes_are_settings_or_words(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(data)
    try:
        read = settings.read(path)
    except HomeError as error:
        said = str(error)
    else:
        said = ""
        assert read == Settings()
    assert said == said.encode().decode()


def test_the_command_line_goes_before_the_file() -> None:
    file = Settings(listen=("/a",), peers=("/b",), mdns=False)
    assert file.with_arguments([], [], mdns=False) == file
    assert file.with_arguments(["/c"], ["/d"], mdns=True) == Settings(
        listen=("/c",), peers=("/b", "/d"), mdns=True
    )
    assert Settings(mdns=True).with_arguments([], [], mdns=False).mdns
