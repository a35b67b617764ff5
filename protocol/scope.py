"""A scope: what an opinion of somebody is about. A role of his, a category of goods, or neither."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a person can be to others: not a role in one order (`entry.Role`), but what one
    says of her. In records and JSON its field is called `role`."""

    SELLER = "seller"
    BUYER = "buyer"
    AGENT = "agent"
    MODERATOR = "moderator"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True)
class Scope:
    """None leaves it open: said of her as a whole, or asked about her in all."""

    part: Part | None = None
    category: str | None = None
