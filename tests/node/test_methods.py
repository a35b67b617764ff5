from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.node.methods import INTEGER_MAX, Methods, UnknownMethod
from goodword.node.reading import Misunderstood
from goodword.node.show import Json


def offer(
    *,
    title: str,
    quantity: int = 1,
    is_used: bool = False,
    categories: list[str] | None = None,
    region: str | None = None,
) -> Json:
    """Offer something.

    The rest of the docstring is not for the catalogue.
    """
    return {
        "title": title,
        "quantity": quantity,
        "is_used": is_used,
        "categories": categories,
        "region": region,
    }


async def slowly(*, title: str) -> Json:
    """Answer later."""
    return {"title": title}


def methods() -> Methods:
    made = Methods()
    made.expose("listing.offer", offer)
    made.expose("listing.slowly", slowly)
    return made


GOOD: list[Json] = [
    {"title": "a"},
    {"title": "", "quantity": 0, "is_used": True, "categories": [], "region": None},
    {"title": "自行车", "quantity": INTEGER_MAX, "categories": ["a", "b"], "region": "Berlin"},
]

BAD: list[tuple[Json, str]] = [
    ({}, "needs title"),
    ({"title": 1}, "title must be a string"),
    ({"title": None}, "title must be a string"),
    ({"title": "half a pair: \ud800"}, "title must be a string"),
    ({"title": "a", "colour": "red"}, "no parameter 'colour'"),
    ({"title": "a", "quantity": "1"}, "quantity must be a integer"),
    ({"title": "a", "quantity": 1.0}, "quantity must be a integer"),
    ({"title": "a", "quantity": True}, "quantity must be a integer"),
    ({"title": "a", "quantity": INTEGER_MAX + 1}, "quantity must be a integer"),
    ({"title": "a", "quantity": -INTEGER_MAX - 1}, "quantity must be a integer"),
    ({"title": "a", "is_used": 1}, "is_used must be a boolean"),
    ({"title": "a", "categories": "red"}, "categories must be a list of strings or null"),
    ({"title": "a", "categories": [1]}, "categories must be a list of strings or null"),
    ({"title": "a", "region": 1}, "region must be a string or null"),
]


@pytest.mark.parametrize("params", GOOD)
async def test_what_fits_the_signature_is_passed_on(params: Json) -> None:
    assert params.items() <= (await methods().call("listing.offer", params)).items()


@pytest.mark.parametrize(("params", "words"), BAD)
async def test_what_does_not_fit_is_refused_by_name(params: Json, words: str) -> None:
    with pytest.raises(Misunderstood, match=words):
        await methods().call("listing.offer", params)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=5,
)
names = st.sampled_from(["title", "quantity", "is_used", "categories", "region"]) | st.text()


@given(params=st.dictionaries(names, json_values))
async def test_any_params_are_understood_or_refused(params: Json) -> None:
    try:
        result = await methods().call("listing.offer", params)
    except Misunderstood:
        return
    assert isinstance(result["title"], str)
    assert isinstance(result["quantity"], int)


async def test_a_method_may_take_its_time() -> None:
    assert await methods().call("listing.slowly", {"title": "a"}) == {"title": "a"}


async def test_an_unknown_method_is_told_its_neighbour() -> None:
    with pytest.raises(UnknownMethod) as unknown:
        await methods().call("listing.ofer", {})
    assert unknown.value.hint == "perhaps listing.offer?"


async def test_an_endless_name_is_not_repeated() -> None:
    with pytest.raises(UnknownMethod) as unknown:
        await methods().call("x" * 1_000_000, {})
    assert len(str(unknown.value)) < 200
    with pytest.raises(Misunderstood) as misunderstood:
        await methods().call("listing.offer", {"title": "a", "x" * 1_000_000: 1})
    assert len(str(misunderstood.value)) < 200


def test_the_catalogue_is_the_signature() -> None:
    first, second = methods().catalogue()
    assert first == {
        "method": "listing.offer",
        "summary": "Offer something.",
        "params": [
            {"name": "title", "type": "string", "required": True, "default": None},
            {"name": "quantity", "type": "integer", "required": False, "default": 1},
            {"name": "is_used", "type": "boolean", "required": False, "default": False},
            {
                "name": "categories",
                "type": "list of strings or null",
                "required": False,
                "default": None,
            },
            {"name": "region", "type": "string or null", "required": False, "default": None},
        ],
    }
    assert second["summary"] == "Answer later."


def test_a_name_is_exposed_once() -> None:
    made = methods()
    assert "listing.offer" in made
    assert "listing.other" not in made
    with pytest.raises(ValueError, match="exposed already"):
        made.expose("listing.offer", offer)


def positional(title: str) -> Json:
    return {"title": title}


def anything(**details: str) -> Json:
    return dict(details)


def in_bytes(*, data: bytes) -> Json:
    return {"data": data.hex()}


def either(*, data: int | str) -> Json:
    return {"data": data}


def untyped(*, data: Any) -> Json:
    return {"data": data}


@pytest.mark.parametrize("function", [positional, anything, in_bytes, either, untyped])
def test_what_json_cannot_call_is_not_exposed(function: Any) -> None:
    with pytest.raises(TypeError):
        Methods().expose("listing.offer", function)


async def test_a_result_is_an_object() -> None:
    made = Methods()
    made.expose("listing.count", lambda: 3)
    with pytest.raises(AssertionError):
        await made.call("listing.count", {})
