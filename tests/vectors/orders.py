"""order.json: an order from proposal to end, and what happens where two things meet."""

from __future__ import annotations

from collections.abc import Sequence

from goodword.protocol import entry, order
from goodword.protocol.codec import encode
from goodword.protocol.errors import Refusal
from goodword.protocol.record import Record
from tests.make import ROOTS, entries_of, listing

from .deals import AGREED, sale
from .gates import let_in, refused
from .notation import Document, Json, to_json
from .stock import letters
from .stories import stories
from .takings import taken_up


def orders() -> Document:
    return {
        "about": "SPEC 4: a contract, entries that join an order one by one, and its state",
        "roots": {
            "buyer": ROOTS["Ann"].hex(),
            "seller": ROOTS["Ben"].hex(),
            "moderator": ROOTS["Chen"].hex(),
        },
        "listing": listing().to_bytes().hex(),
        "contract": to_json(AGREED.to_body()),
        "contract_hex": encode(AGREED.to_body()).hex(),
        "order": AGREED.id.hex(),
        "sale": _sale_told(),
        "stories": [
            {
                "about": about,
                "entries": [told(each) for each in records],
                "after": standing(records),
            }
            for about, records in stories()
        ],
        "refused": [
            {
                "about": about,
                "after": [each.to_bytes().hex() for each in after],
                "entry": said.to_bytes().hex(),
                "code": _code(said, after),
            }
            for about, after, said in refused()
        ],
        "let_in": [
            {
                "about": about,
                "after": [each.to_bytes().hex() for each in after],
                "entry": said.to_bytes().hex(),
                "then": standing([*after, _passed(said, after)])["state"],
            }
            for about, after, said in let_in()
        ],
        "taken_up": [
            {
                "about": about,
                "me": me.hex(),
                "here": [each.to_bytes().hex() for each in here],
                "entry": said.to_bytes().hex(),
                "code": code,
            }
            for about, me, here, said, code in taken_up()
        ],
        "letters": [
            {
                "about": about,
                "me": me.hex(),
                "here": [each.to_bytes().hex() for each in here],
                "letter": [each.to_bytes().hex() for each in letter],
                "kept": list[Json](kept),
                "code": code,
            }
            for about, me, here, letter, kept, code in letters()
        ],
    }


def _passed(said: Record, after: Sequence[Record]) -> Record:
    order.check(entry.read(said), entries_of(after))
    return said


def _sale_told() -> list[Json]:
    """The entries as they come, and the order after each."""
    records = sale()
    return [
        {**told(record), "after": standing(records[: count + 1])}
        for count, record in enumerate(records)
    ]


def told(record: Record) -> Document:
    said = entry.read(record)
    return {
        "hex": record.to_bytes().hex(),
        "id": record.id.hex(),
        "role": said.role.value,
        "event": said.event.value,
        "made_at": said.made_at,
        "seen": [each.hex() for each in sorted(said.seen)],
    }


def standing(records: Sequence[Record]) -> Document:
    made = order.fold(entries_of(records).values())
    decided: Json = None
    if made.to_seller is not None:
        decided = [made.to_seller.minor, made.to_seller.code]
    return {
        "state": made.state.value,
        "since": made.since,
        "deadline": made.deadline,
        "heads": [each.hex() for each in sorted(made.heads)],
        "history": [line.entry.id.hex() for line in made.history],
        "void": [void.entry.id.hex() for void in made.void],
        "forkers": [role.value for role in sorted(made.forkers)],
        "to_seller": decided,
    }


def _code(said: Record, after: Sequence[Record]) -> str:
    try:
        order.check(entry.read(said), entries_of(after))
    except Refusal as refusal:
        return refusal.code
    raise AssertionError(f"the gate lets in {said.id.hex()}")
