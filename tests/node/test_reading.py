from __future__ import annotations

from collections.abc import Generator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.crypto.address import to_address
from goodword.node import reading, show
from goodword.node.reading import CHOICES_MAX, Misunderstood, NotFound
from goodword.protocol.limits import DAY, HOUR
from goodword.protocol.money import Money
from goodword.storage import people
from goodword.storage.database import Transaction
from tests.make import ANN, BEN, CHEN, fresh, profile
from tests.storage.memory import memory

ADDRESS = to_address(ANN.public_key)
STRANGER = to_address(fresh("stranger").public_key)


@pytest.fixture
def db() -> Generator[Transaction]:
    """Ann and Ben have profiles; Chen is a friend without one."""
    with memory(BEN, [profile(ANN), profile(BEN, name="Ben")]) as ben:
        with ben.database.transaction() as db:
            people.name(db, CHEN.public_key, "Old Friend")
        with ben.database.reading() as db:
            yield db


# --- durations and prices ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10min", 600),
        ("48h", 48 * HOUR),
        ("3d", 3 * DAY),
        ("3 d", 3 * DAY),
        (" 2w\n", 14 * DAY),
        ("1m", 30 * DAY),
        ("2y", 730 * DAY),
        ("0d", 0),
        ("999999y", 999_999 * 365 * DAY),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert reading.duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "3", "d", "3 days", "-3d", "3.5d", "1e3d", "3D", "3d4h", "\u0663d", "9999999d"]
)  # fmt: skip
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(Misunderstood, match="is not a duration") as caught:
        reading.duration(text)
    assert "min, h, d, w, m, y" in caught.value.hint


@given(st.text(st.characters()))
def test_any_text_is_a_duration_or_misunderstood(text: str) -> None:
    try:
        assert reading.duration(text) >= 0
    except Misunderstood as error:
        said = str(error)
    else:
        said = ""
    assert said == said.encode().decode()


def test_a_price_is_read_or_explained() -> None:
    assert reading.price("12.5 eur") == Money(1_250, "EUR")
    with pytest.raises(Misunderstood, match="'12,50' is not an amount") as caught:
        reading.price("12,50 EUR")
    assert caught.value.hint == "write it as '12.50 EUR'"


@pytest.mark.parametrize(
    ("text", "basis_points"),
    [("1.5%", 150), ("1.5 %", 150), (" 0% ", 0), ("20.00%", 2_000), ("0.05%", 5), ("999%", 99_900)],
)
def test_a_share_is_read_in_basis_points(text: str, basis_points: int) -> None:
    assert reading.percent(text) == basis_points


@pytest.mark.parametrize("text", ["1.5", "", "%", "-1%", "1,5%", "1.555%", "1e1%", "٣%", "1000%"])
def test_a_share_that_would_have_to_be_guessed_is_misunderstood(text: str) -> None:
    with pytest.raises(Misunderstood, match="is not a share in percent"):
        reading.percent(text)


@given(st.integers(0, 99_999))
def test_a_share_that_is_shown_can_be_typed(basis_points: int) -> None:
    assert reading.percent(show.percent(basis_points)) == basis_points


def test_categories_are_written_alike() -> None:
    assert reading.categories(["Slow  Food", "bread ", "slow food"]) == ("bread", "slow-food")


# --- text --------------------------------------------------------------------------------------


def test_text_is_composed_and_trimmed() -> None:
    assert reading.composed(" Cafe\u0301\n") == "Café"


def test_half_of_a_character_is_misunderstood() -> None:
    """JSON can spell it, no record can hold it."""
    with pytest.raises(Misunderstood, match="is not Unicode text"):
        reading.composed("\ud83d")


# --- people ------------------------------------------------------------------------------------


def test_a_person_is_named_by_address_petname_or_the_beginning(db: Transaction) -> None:
    for text in (ADDRESS, ADDRESS.upper(), f" {ADDRESS}\n", ADDRESS[:8], ADDRESS[:8].upper()):
        assert reading.person(db, text) == ANN.public_key
    for text in ("Old Friend", "old friend", "OLD FRIEND "):
        assert reading.person(db, text) == CHEN.public_key


def test_an_address_needs_nobody_to_be_known(db: Transaction) -> None:
    assert reading.person(db, STRANGER) == fresh("stranger").public_key
    with pytest.raises(NotFound, match="an address has 61 characters, this has 12"):
        reading.person(db, STRANGER[:12])


def test_a_beginning_that_fits_several_names_some(db: Transaction) -> None:
    with pytest.raises(Misunderstood, match="gw1 fits several people: gw1") as caught:
        reading.person(db, "gw1")
    assert caught.value.hint == "write more of it"


def test_few_of_many_are_named() -> None:
    crowd = [profile(fresh(str(n)), name=str(n)) for n in range(40)]
    with memory(BEN, crowd) as ben, ben.database.reading() as db:
        with pytest.raises(Misunderstood) as caught:
            reading.person(db, "gw1")
        assert 1 < str(caught.value).count("…") <= CHOICES_MAX + 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nobody is called '' here"),
        ("Zoe", "nobody is called 'Zoe' here"),
        ("did:key:z6Mk", "nobody is called"),
        (ADDRESS[:-1] + ("q" if ADDRESS[-1] != "q" else "p"), "the checksum of the address"),
        (ADDRESS + "q", "an address has 61 characters"),
        (STRANGER[:20] + STRANGER[20:].upper(), "never mixed"),
        ("gw1bio", "which no address contains"),
    ],
)
def test_who_is_not_found_is_said_why(db: Transaction, text: str, words: str) -> None:
    with pytest.raises(NotFound, match=words):
        reading.person(db, text)


def test_my_own_names_go_before_addresses(db: Transaction) -> None:
    """Nobody can publish a name that takes another's place: only petnames are looked up."""
    with pytest.raises(NotFound):
        reading.person(db, "Ann")


# --- ids ---------------------------------------------------------------------------------------

IDS = [bytes.fromhex("abcd" + "00" * 30), bytes.fromhex("abcd" + "ff" * 30), b"\x12" * 32]


def starting_with(first: bytes, last: bytes) -> Sequence[bytes]:
    return [each for each in IDS if first <= each <= last][:2]


@pytest.mark.parametrize(
    ("text", "found"),
    [("1212", 2), ("12121", 2), (" 1212\n", 2), ("ABCD0", 0), ("abcdf", 1), ("12" * 32, 2)],
)
def test_an_id_is_found_by_its_beginning(text: str, found: int) -> None:
    assert reading.by_prefix(text, "record", starting_with) == IDS[found]


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("abcd", Misunderstood, "abcd fits several records"),
        ("121", Misunderstood, "'121' is too short for a record"),
        ("", Misunderstood, "'' is no id of a record"),
        ("wxyz", Misunderstood, "'wxyz' is no id of a record"),
        ("0x1212", Misunderstood, "is no id of a record"),
        ("12 12", Misunderstood, "is no id of a record"),
        ("12" * 33, Misunderstood, "is no id of a record"),
        ("\uff11\uff12\uff11\uff12", Misunderstood, "is no id of a record"),
        ("beef", NotFound, "no record beef is here"),
    ],
)
def test_what_is_no_id_is_said_so(text: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        reading.by_prefix(text, "record", starting_with)


@given(st.text(st.characters()) | st.text("0123456789abcdefABCDEF", max_size=70))
def test_any_text_is_an_id_or_words(text: str) -> None:
    asked: list[tuple[bytes, bytes]] = []

    def nothing(first: bytes, last: bytes) -> Sequence[bytes]:
        asked.append((first, last))
        return []

    with pytest.raises((Misunderstood, NotFound)):
        reading.by_prefix(text, "order", nothing)
    assert all(len(first) == len(last) == 32 and first <= last for first, last in asked)
