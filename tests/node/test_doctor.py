from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from goodword.node import doctor
from goodword.node.home import Home, HomeBusy, HomeError, write_private
from goodword.storage.database import Database
from tests.make import BEN, ROOTS
from tests.node.test_archive import make_home
from tests.world import Trader


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = make_home(tmp_path / "home")
    made.database.chmod(0o600)
    return made


def problems(home: Home, *, rebuild: bool = False) -> list[tuple[str, str]]:
    found: Any = doctor.examine(home, rebuild=rebuild)
    assert found["is_sound"] == (not found["problems"])
    return [(each["code"], each["text"]) for each in found["problems"]]


def change(home: Home, sql: str) -> None:
    with closing(Database(home.database)) as database, database.transaction() as db:
        db.execute("PRAGMA defer_foreign_keys = ON")
        db.execute(sql)


def test_a_sound_home_is_said_to_be_sound(home: Home) -> None:
    before = sorted(each.name for each in home.path.iterdir())
    found = doctor.examine(home, rebuild=False)
    assert found["is_sound"]
    assert not found["is_rebuilt"]
    assert sorted(each.name for each in home.path.iterdir() if each.name != "lock") == before


def test_a_home_that_never_ran_is_sound(home: Home) -> None:
    home.database.unlink()
    assert problems(home) == []
    assert problems(home, rebuild=True) == []


def test_a_database_of_nobody_is_sound(home: Home) -> None:
    home.database.unlink()
    Database(home.database).close()
    home.database.chmod(0o600)
    assert problems(home) == []


def test_a_folder_that_is_not_there_is_no_home(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="no home"):
        doctor.examine(Home(tmp_path / "no"), rebuild=False)


def _no_identity(home: Home) -> None:
    home.identity.unlink()


def _no_vault(home: Home) -> None:
    home.identity.write_text("{}")


def _folder_for_an_identity(home: Home) -> None:
    home.identity.unlink()
    home.identity.mkdir()


def _another_identity(home: Home) -> None:
    home.identity.write_text(home.identity.read_text().replace("01", "02"))


def _open_folder(home: Home) -> None:
    home.path.chmod(0o755)


def _open_file(home: Home) -> None:
    home.identity.chmod(0o644)


def _bad_settings(home: Home) -> None:
    home.settings.write_text("colour = 1")


def _short_peer_key(home: Home) -> None:
    home.peer_key.write_bytes(b"k")


def _leftover(home: Home) -> None:
    write_private(home.path / ".identity.json.0a1b2c3d", b"")


def _no_database(home: Home) -> None:
    home.database.write_text("what is this" * 100)


def _torn_database(home: Home) -> None:
    data = bytearray(home.database.read_bytes())
    for place in range(8_192, len(data), 4_096):
        data[place : place + 64] = b"\xff" * 64
    home.database.write_bytes(data)


def _changed_record(home: Home) -> None:
    change(home, "UPDATE record SET bytes = x'00' WHERE seq = 1")


def _lost_row(home: Home) -> None:
    change(home, "DELETE FROM listing WHERE seq = 1")


def _wrong_price(home: Home) -> None:
    change(home, "UPDATE listing SET price_minor = 1 WHERE seq = 1")


def _lost_words(home: Home) -> None:
    change(home, "INSERT INTO listing_words_0 (listing_words_0) VALUES ('delete-all')")


BROKEN: list[tuple[Callable[[Home], None], str]] = [
    (_no_identity, "identity"),
    (_no_vault, "identity"),
    (_folder_for_an_identity, "identity"),
    (_another_identity, "database"),
    (_open_folder, "mode"),
    (_open_file, "mode"),
    (_bad_settings, "settings"),
    (_short_peer_key, "peer_key"),
    (_leftover, "leftover"),
    (_no_database, "database"),
    (_torn_database, "database"),
    (_changed_record, "database"),
    (_lost_row, "views"),
    (_wrong_price, "views"),
    (_lost_words, "views"),
]


@pytest.mark.parametrize(("break_", "code"), BROKEN)
def test_what_is_wrong_is_found(home: Home, break_: Callable[[Home], None], code: str) -> None:
    break_(home)
    assert {found for found, _ in problems(home)} == {code}


@pytest.mark.parametrize("break_", [_lost_row, _wrong_price, _lost_words])
def test_a_rebuild_mends_the_views(home: Home, break_: Callable[[Home], None]) -> None:
    break_(home)
    found = doctor.examine(home, rebuild=True)
    assert (found["is_sound"], found["is_rebuilt"]) == (True, True)
    assert problems(home) == []


@pytest.mark.parametrize("break_", [_no_database, _changed_record])
def test_a_rebuild_that_cannot_be_is_said_and_changes_nothing(
    home: Home, break_: Callable[[Home], None]
) -> None:
    break_(home)
    before = home.database.read_bytes()
    found = doctor.examine(home, rebuild=True)
    assert (found["is_sound"], found["is_rebuilt"]) == (False, False)
    assert home.database.read_bytes() == before


def test_everything_is_looked_at_whatever_is_wrong_with_one_thing(home: Home) -> None:
    for break_ in (_no_vault, _bad_settings, _short_peer_key, _lost_row):
        break_(home)
    assert {code for code, _ in problems(home)} == {"identity", "settings", "peer_key", "views"}


def test_beside_a_running_node_it_looks_and_does_not_rebuild(home: Home) -> None:
    with home.locked():
        assert doctor.examine(home, rebuild=False)["is_running"]
        with pytest.raises(HomeBusy):
            doctor.examine(home, rebuild=True)


def test_a_reference_to_nothing_is_found(home: Home) -> None:
    with closing(Database(home.database)) as database:
        database._connection.execute("PRAGMA foreign_keys = OFF")
        with database.transaction() as db:
            db.execute("DELETE FROM record WHERE seq = 1")
    assert ("database", "the table listing refers to records that are not there") in problems(home)


def test_orders_and_people_are_rebuilt_as_they_were(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    ben = Trader(BEN, tmp_path)
    listing = ben.market.publish(title="apples", price="1 EUR")
    ben.close()
    assert listing["title"] == "apples"
    ben.path.replace(home.database)
    home.database.chmod(0o600)
    home.identity.write_text(
        home.identity.read_text().replace(ROOTS["Ann"].hex(), ROOTS["Ben"].hex())
    )
    assert problems(home) == []
