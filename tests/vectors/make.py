"""Make the vectors anew: `python -m tests.vectors.make`. The same code makes the same files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from iso4217 import Currency

from goodword.protocol.limits import MINOR_MAX
from goodword.protocol.money import NOT_ISO, Money, exponent, parse

from .evidence import files
from .fields import fields
from .interests import interests
from .keys import encoding, keys
from .letters import letters
from .licences import licences
from .messages import exchanges
from .notation import Document
from .orders import orders
from .reconciles import reconciles
from .records import records
from .slots import slot_stories
from .steps import steps
from .trust import trusts

HERE: Final = Path(__file__).parent


def money() -> Document:
    """The closed list of currencies: what ISO adds or drops later is no part of version 1."""
    codes = [each.value for each in Currency if each.exponent is not None]
    amounts = (
        *("0 EUR", "12.5 EUR", "1250 JPY", "0.00000001 BTC", "1.500 KWD", "1.00 hour"),
        *("12.500 EUR", "1.0 JPY", "00012 EUR", "0.000000000001 XMR", " 12.50 \t eUr\n", "0.1 usd"),
    )
    largest = str(Money(MINOR_MAX, "CNY"))
    return {
        "about": "SPEC 3.6: the decimals of each currency, and amounts as people write them",
        "exponents": {code: exponent(code) for code in sorted([*codes, *NOT_ISO])},
        "amounts": [
            {"text": text, "minor": parse(text).minor, "code": parse(text).code}
            for text in (*amounts, largest)
        ],
        "refused": [
            "12,50 EUR",
            "1e3 EUR",
            "-1 EUR",
            "1.005 EUR",
            "٣ EUR",
            "1.5 JPY",
            "5",
            "1 ABC",
            "",
            " EUR",
            "EUR 1",
            "1EUR",
            "1\tEUR",
            "1. EUR",
            ".5 EUR",
            "1.2.3 EUR",
            "+1 EUR",
            "1_000 EUR",
            "1 000 EUR",
            "1 XAU",
            "1.50 JPY",
            "0.0000000000001 XMR",
            "1.0000000000000 EUR",
            "12345678901234567 EUR",
            "00000000000000001 EUR",
            "90071992547409.92 EUR",
            "9007199254740992 JPY",
        ],
    }


FILES: Final[dict[str, Callable[[], Document]]] = {
    "keys": keys,
    "encoding": encoding,
    "records": records,
    "fields": fields,
    "slots": slot_stories,
    "money": money,
    "order": orders,
    "steps": steps,
    "licence": licences,
    "evidence": files,
    "letters": letters,
    "exchange": exchanges,
    "reconcile": reconciles,
    "interest": interests,
    "trust": trusts,
}


def text_of(name: str) -> str:
    """The whole of the file `name`.json, as it should be."""
    return json.dumps(FILES[name](), indent=1, ensure_ascii=True) + "\n"


def path_of(name: str) -> Path:
    return HERE / f"{name}.json"


if __name__ == "__main__":
    for each in FILES:
        path_of(each).write_text(text_of(each), encoding="ascii")
