"""What a field may hold, at the bounds and just over them."""

from __future__ import annotations

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.protocol import fields
from goodword.protocol.codec import Value
from goodword.protocol.errors import BadField
from goodword.protocol.fields import Check, Field, check_body
from tests.make import ANN

anything = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | st.lists(st.integers() | st.text(max_size=3), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)

CHECKS: dict[str, Check] = {
    "line": fields.line(10),
    "prose": fields.prose(10),
    "integer": fields.integer(0, 9),
    "blob": fields.blob(2, 4),
    "public_key": fields.public_key,
    "one_of": fields.one_of("know", "trust"),
    "listed": fields.listed(fields.line(3), 2),
    "ascending": fields.listed(fields.integer(0, 9), 3, ascending=True),
    "money": fields.money,
    "slug": fields.slug(10),
    "anything": fields.anything,
}


def refuses(check: Check, value: object, why: str) -> None:
    with pytest.raises(BadField, match=why):
        check("it", value)


@pytest.mark.parametrize("name", CHECKS)
@given(anything)
def test_any_value_passes_or_is_refused(name: str, value: Value) -> None:
    with suppress(BadField):
        CHECKS[name]("it", value)


@pytest.mark.parametrize(
    "text", ["a", "安", "a b", "🍎" * 10, "Café", "e\u0301x\u0301".replace("e\u0301", "é")]
)
def test_a_line_is_text(text: str) -> None:
    fields.line(10)("it", text)


@pytest.mark.parametrize("char", "\0\t\n\r\x1b\x7f\x80\x9b\u2028\u2029\u202a\u202e\u2066\u2069")
def test_a_line_holds_no_control_character(char: str) -> None:
    refuses(CHECKS["line"], f"a{char}b", f"contains the control character U\\+{ord(char):04X}")


@pytest.mark.parametrize("char", "\0\t\r\x1b\x7f\x9b\u2028\u202e\u2069")
def test_prose_holds_no_control_character_but_the_line_end(char: str) -> None:
    fields.prose(10)("it", "a\nb\n")
    refuses(CHECKS["prose"], f"a{char}b", "control character")


@given(st.text(max_size=10))
def test_what_passes_has_one_spelling(text: str) -> None:
    try:
        CHECKS["prose"]("it", text)
    except BadField:
        return
    assert unicodedata.normalize("NFC", text) == text


def test_text_of_another_normal_form_is_refused() -> None:
    refuses(CHECKS["line"], "Cafe\u0301", "is not in Unicode normal form C")


def test_text_is_counted_in_characters() -> None:
    CHECKS["line"]("it", "安" * 10)
    refuses(CHECKS["line"], "a" * 11, "11 characters, 1 to 10 are allowed")
    refuses(CHECKS["line"], "", "0 characters, 1 to 10 are allowed")
    CHECKS["prose"]("it", "")


@pytest.mark.parametrize("value", [b"a", 1, None, ["a"]])
def test_only_text_is_text(value: object) -> None:
    refuses(CHECKS["line"], value, "must be text")


@pytest.mark.parametrize("value", [-1, 10, 2**64 - 1])
def test_an_integer_is_bounded(value: int) -> None:
    refuses(CHECKS["integer"], value, f"{value} is not between 0 and 9")


@pytest.mark.parametrize("value", [True, False, None, "1", b"1", 1.0])
def test_only_an_integer_is_an_integer(value: object) -> None:
    refuses(CHECKS["integer"], value, "must be an integer")


def test_bytes_are_bounded() -> None:
    CHECKS["blob"]("it", b"ab")
    CHECKS["blob"]("it", b"abcd")
    refuses(CHECKS["blob"], b"a", "1 bytes, 2 to 4 are allowed")
    refuses(CHECKS["blob"], b"abcde", "5 bytes, 2 to 4 are allowed")
    refuses(fields.blob(3), b"ab", "2 bytes, 3 to 3 are allowed")
    refuses(CHECKS["blob"], "abc", "must be bytes")


def test_a_public_key_is_one_that_somebody_can_hold() -> None:
    fields.public_key("it", ANN.public_key)
    refuses(fields.public_key, bytes(32), "is nobody's key")
    refuses(fields.public_key, bytes(31), "31 bytes")


def test_a_choice_is_one_of_the_words() -> None:
    CHECKS["one_of"]("it", "know")
    refuses(CHECKS["one_of"], "love", "'love' is none of know, trust")


def test_a_strangers_words_are_not_repeated_at_length() -> None:
    refuses(CHECKS["one_of"], "a" * 9_999, r"^it: 'a{39} is none of know, trust$")
    with pytest.raises(BadField) as refused:
        check_body({}, {"\x1b[2J" * 999: 1})
    assert len(str(refused.value)) < 200
    assert str(refused.value).isprintable()


def test_a_list_is_bounded() -> None:
    CHECKS["listed"]("it", ["a", "a"])
    refuses(CHECKS["listed"], ["a"] * 3, "3 items, the limit is 2")
    refuses(CHECKS["listed"], ["aaaa"], "4 characters")
    refuses(CHECKS["listed"], ("a",), "must be a list")


@pytest.mark.parametrize("items", [[2, 1], [1, 1], [1, 3, 2]])
def test_an_ascending_list_is_sorted_without_doubles(items: list[int]) -> None:
    CHECKS["ascending"]("it", sorted(set(items)))
    refuses(CHECKS["ascending"], items, "must be sorted, without doubles")


@pytest.mark.parametrize("value", [[1], [1, "EUR", 1], ["1", "EUR"], [1, b"EUR"], "1 EUR", None])
def test_money_is_an_amount_and_a_code(value: object) -> None:
    fields.money("it", [1, "EUR"])
    refuses(fields.money, value, r"must be \[minor units, currency code\]")


@pytest.mark.parametrize(
    "value", [[-1, "EUR"], [True, "EUR"], [1, "eur"], [1, "EURO"], [2**53, "EUR"]]
)
def test_money_is_an_amount_of_a_currency(value: object) -> None:
    refuses(fields.money, value, "it: ")


@pytest.mark.parametrize(
    "text", ["a", "slow-food", "1", "книги", "किताब", "ภาษาไทย", "二手-书", "ß", "a-1-b"]
)
def test_a_category_is_in_any_script(text: str) -> None:
    fields.slug(10)("it", text)


@pytest.mark.parametrize(
    "text", ["A", "Книги", "a b", "a_b", "-a", "a-", "a--b", "-", "a.b", "🍎", "a/b"]
)
def test_a_category_is_lower_case_words_joined_by_hyphens(text: str) -> None:
    refuses(CHECKS["slug"], text, "is not lower-case words joined by hyphens")


@given(st.text(max_size=10))
def test_a_category_is_its_own_lower_case(text: str) -> None:
    with suppress(BadField):
        CHECKS["slug"]("it", text)
        assert text == text.lower()
        assert " " not in text


def test_a_body_has_its_fields_and_no_other() -> None:
    schema = {"a": Field(fields.line(3)), "b": Field(fields.line(3), required=False)}
    check_body(schema, {"a": "x"})
    check_body(schema, {"a": "x", "b": "y"})
    with pytest.raises(BadField, match="a: is missing"):
        check_body(schema, {"b": "y"})
    with pytest.raises(BadField, match="'c': there is no such field"):
        check_body(schema, {"a": "x", "c": "z"})
    with pytest.raises(BadField, match="b: must be text"):
        check_body(schema, {"a": "x", "b": None})
