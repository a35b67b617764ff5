from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from goodword.storage import marks
from goodword.storage.words import query
from tests.make import ANN, BEN


def test_nobody_can_type_a_mark() -> None:
    for mark in (marks.seller(ANN.public_key), marks.category("tea-pots"), marks.region("DE-BE")):
        assert not any(each in query(mark) for each in mark if not each.isalnum())


def test_two_categories_have_two_marks() -> None:
    assert (
        len({marks.category(each) for each in ("tea", "tea-pots", "tea-pot-s", "茶", "茶-具")}) == 5
    )
    assert marks.category("tea") != marks.region("tea")


def test_sellers_are_asked_for_together() -> None:
    one, other = (marks.seller(each.public_key) for each in (ANN, BEN))
    assert marks.of([ANN.public_key, BEN.public_key]) == f'marks : ("{one}" OR "{other}")'


@given(st.text(), st.text())
def test_the_mark_of_a_beginning_is_the_beginning_of_the_mark(beginning: str, rest: str) -> None:
    assert marks.region(beginning + rest).startswith(marks.region(beginning))


@given(st.text())
def test_a_mark_never_ends_a_quotation(region: str) -> None:
    assert '"' not in marks.region(region)
