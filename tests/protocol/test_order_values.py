"""What an order is made of cannot be changed afterwards, nor mistaken for something else."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from goodword.protocol.entry import Role
from goodword.protocol.order import Licence, Order
from goodword.protocol.table import State

from .ways import AT, fold

ORDER = fold(AT[State.DECIDED])


@pytest.mark.parametrize("value", [ORDER, ORDER.licences[Role.SELLER]], ids=["order", "licence"])
def test_it_cannot_be_changed(value: Order | Licence) -> None:
    for field in fields(value):
        with pytest.raises(FrozenInstanceError):
            setattr(value, field.name, getattr(value, field.name))
    with pytest.raises((FrozenInstanceError, TypeError)):
        setattr(value, "another", None)  # noqa: B010  # no type checker lets it pass
    assert not hasattr(value, "__dict__")


def test_its_fields_are_named() -> None:
    """Two of its times, or two of its heads, in the wrong order would be another order."""
    given = [getattr(ORDER, field.name) for field in fields(ORDER)]
    make: Any = Order
    with pytest.raises(TypeError):
        make(*given)
