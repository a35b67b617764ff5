"""letters.json: letters, seals, work, receipts, and what is said at a mailbox."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from nacl.bindings import crypto_box, crypto_scalarmult_base
from nacl.signing import VerifyKey

from goodword.protocol import letter, mailroom, work
from goodword.protocol.entry import Event
from goodword.protocol.letter import Envelope, EnvelopeId, Fate, Letter, Receipt
from goodword.protocol.limits import TOKEN_BYTES
from goodword.protocol.mailroom import Deposit, Discard, Done, Fetch, Knock, Letters, Refused
from goodword.protocol.record import RecordId
from tests.make import ANN, BEN, NOW, PEER, ROOTS, chain, propose

from .keys import spelled
from .notation import Document, Json, code_of

TOKEN: Final = bytes(range(TOKEN_BYTES))
KEY: Final = bytes(ANN.public_key)
ONE_TIME_SECRET: Final = bytes(range(100, 132))
"""A sealed box draws this from dice; here it is fixed, so that the file can be made again."""


def letters() -> Document:
    entries = chain(propose(), (BEN, Event.ACCEPT), (ANN, Event.PAY_SENT))
    order = entries[0].slot
    token = ANN.letter_token(BEN.public_key, order)
    records = [each.to_bytes() for each in entries]
    inside = Letter(sender=ANN.public_key, token=token, records=records).to_bytes()
    sealed = _seal(inside)
    nonce = work.find(BEN.public_key, sealed)
    envelope = Envelope(to=BEN.public_key, sealed=sealed)
    return {
        "about": "SPEC 1.6, 5.2 and 5.5: a letter, its seal, its envelope, receipts, mailboxes",
        "protocol": letter.PROTOCOL,
        "sender_root": ROOTS["Ann"].hex(),
        "from": ANN.public_key.hex(),
        "root": ROOTS["Ben"].hex(),
        "to": BEN.public_key.hex(),
        "order": order.hex(),
        "token": token.hex(),
        "records": [each.hex() for each in records],
        "letter": inside.hex(),
        "one_time_secret": ONE_TIME_SECRET.hex(),
        "sealed": sealed.hex(),
        "envelope": envelope.to_bytes().hex(),
        "envelope_id": envelope.id.hex(),
        "work": nonce.hex(),
        "envelope_with_work": replace(envelope, work=nonce).to_bytes().hex(),
        "work_refused": _refused_work(sealed, nonce),
        "receipts": _receipts(token, [each.id for each in entries]),
        "refused": _refused_letters(),
        "mailbox": _mailbox(envelope),
    }


def _seal(plain: bytes) -> bytes:
    """libsodium's crypto_box_seal, with a fixed one-time key."""
    one_time = crypto_scalarmult_base(ONE_TIME_SECRET)
    to = bytes(VerifyKey(BEN.public_key).to_curve25519_public_key())
    nonce = hashlib.blake2b(one_time + to, digest_size=24).digest()
    return one_time + crypto_box(plain, nonce, to, ONE_TIME_SECRET)


def _refused_work(sealed: bytes, nonce: bytes) -> list[Json]:
    to = BEN.public_key
    cases = {
        "the nonce before": (to, (int.from_bytes(nonce, "big") - 1).to_bytes(8, "big")),
        "the least byte first": (to, nonce[::-1]),
        "for another recipient": (ANN.public_key, nonce),
        "no work": (to, b""),
        "a byte too many": (to, nonce + b"\0"),
    }
    assert not any(work.is_enough(each, sealed, found) for each, found in cases.values())
    return [
        {"about": about, "to": each.hex(), "work": found.hex()}
        for about, (each, found) in cases.items()
    ]


def _receipts(token: bytes, ids: list[RecordId]) -> list[Json]:
    made = [
        Receipt(fate=Fate.KEPT, token=token, ids=ids),
        Receipt(fate=Fate.READ, token=token, ids=ids[:1]),
        Receipt(fate=Fate.REFUSED, token=token, code="order.wrong_turn", ids=ids[:2]),
        Receipt(fate=Fate.REFUSED, token=token, code="order.unknown"),
        Receipt(fate=Fate.NOT_MINE),
        Receipt(fate=Fate.REFUSED, code="letter.needs_work"),
        Receipt(fate=Fate.REFUSED, token=TOKEN, code="🍎" * 280, ids=[RecordId(TOKEN)] * 96),
    ]
    return [
        {
            "fate": each.fate.value,
            "token": each.token.hex(),
            "code": each.code,
            "ids": [entry.hex() for entry in each.ids],
            "hex": each.to_bytes().hex(),
        }
        for each in made
    ]


def _refused_letters() -> list[Json]:
    cases: dict[str, list[tuple[str, bytes]]] = {
        "letter": [
            ("nothing", b""),
            ("a map", b"\x80"),
            ("a token of 31 bytes", spelled(1, KEY, TOKEN[:-1], [b""])),
            ("a token of 33 bytes", spelled(1, KEY, TOKEN + b"\0", [b""])),
            ("a token that is text", spelled(1, KEY, "a" * 32, [b""])),
            ("a sender of 31 bytes", spelled(1, KEY[:-1], TOKEN, [b""])),
            ("no sender", spelled(1, TOKEN, [b""])),
            ("version 2", spelled(2, KEY, TOKEN, [b""])),
            ("version true", spelled(True, KEY, TOKEN, [b""])),
            ("no version", spelled(KEY, TOKEN, [b""])),
            ("no records", spelled(1, KEY, TOKEN)),
            ("an empty list of records", spelled(1, KEY, TOKEN, [])),
            ("97 records", spelled(1, KEY, TOKEN, [b""] * 97)),
            ("a record of 32,769 bytes", spelled(1, KEY, TOKEN, [bytes(32_769)])),
            ("a record without its list", spelled(1, KEY, TOKEN, b"")),
            ("a record that is nil", spelled(1, KEY, TOKEN, [None])),
            ("a member too many", spelled(1, KEY, TOKEN, [b""], b"")),
            ("a byte too many", spelled(1, KEY, TOKEN, [b""]) + b"\0"),
            ("a version in two bytes", b"\x94\xcc\x01" + spelled(1, KEY, TOKEN, [b""])[2:]),
            ("66,561 bytes", spelled(1, KEY, TOKEN, bytes(66_561 - 75))),
        ],
        "envelope": [
            ("nothing", b""),
            ("a recipient of 31 bytes", spelled(1, bytes(31), b"", b"")),
            ("a recipient of 33 bytes", spelled(1, bytes(33), b"", b"")),
            ("a recipient that is text", spelled(1, "a" * 32, b"", b"")),
            ("sealed in text", spelled(1, bytes(32), "", b"")),
            ("work of 7 bytes", spelled(1, bytes(32), b"", bytes(7))),
            ("work that is nil", spelled(1, bytes(32), b"", None)),
            ("version 0", spelled(0, bytes(32), b"", b"")),
            ("a member too many", spelled(1, bytes(32), b"", b"", 0)),
            ("a member too few", spelled(1, bytes(32), b"")),
            ("66,561 bytes", spelled(1, bytes(32), bytes(66_561 - 43), b"")),
        ],
        "receipt": [
            ("a fate of later", spelled(1, "lost", b"", "", b"")),
            ("a fate in capitals", spelled(1, "KEPT", TOKEN, "", b"")),
            ("a fate that is bytes", spelled(1, b"kept", TOKEN, "", b"")),
            ("a token that is nil", spelled(1, "kept", None, "", b"")),
            ("a token of 31 bytes", spelled(1, "kept", TOKEN[:-1], "", b"")),
            ("a code of 281 characters", spelled(1, "refused", b"", "a" * 281, b"")),
            ("a code that is nil", spelled(1, "refused", TOKEN, None, b"")),
            ("half an id", spelled(1, "kept", TOKEN, "", bytes(16))),
            ("97 ids", spelled(1, "kept", TOKEN, "", bytes(97 * 32))),
            ("ids that are a list", spelled(1, "kept", TOKEN, "", [bytes(32)])),
            ("a member too few", spelled(1, "refused", TOKEN, "")),
            ("a member too many", spelled(1, "refused", TOKEN, "", b"", b"")),
            ("version 2", spelled(2, "kept", TOKEN, "", b"")),
        ],
    }
    readers: dict[str, Callable[[bytes], object]] = {
        "letter": letter.read_letter,
        "envelope": letter.read_envelope,
        "receipt": letter.read_receipt,
    }
    return _refusals(cases, readers)


def _mailbox(envelope: Envelope) -> Json:
    """The questions are Ben's, at the host whose peer id is PEER."""
    ids = [envelope.id, EnvelopeId(TOKEN)]
    fetch = Fetch(proof=mailroom.prove(BEN.identity, mailroom.FETCH, PEER, NOW))
    proof = mailroom.prove(BEN.identity, mailroom.DISCARD, PEER, NOW, ids)
    page = Letters(envelopes=[envelope.to_bytes()], is_end=True).to_bytes()
    full = Refused(code="mailbox.full").to_bytes()
    return {
        "protocol": mailroom.PROTOCOL,
        "peer": PEER.hex(),
        "now": NOW,
        "deposit": Deposit(envelope=envelope).to_bytes().hex(),
        "knock": Knock().to_bytes().hex(),
        "asked": [_asked(fetch), _asked(Discard(proof=proof, ids=ids))],
        "proofs_refused": _refused_proofs(fetch, ids),
        "answers": [
            {
                "is": "letters",
                "envelopes": [envelope.to_bytes().hex()],
                "is_end": True,
                "hex": page.hex(),
            },
            {"is": "done", "hex": Done().to_bytes().hex()},
            {"is": "refused", "code": "mailbox.full", "hex": full.hex()},
        ],
        "refused": _refused_mail(),
    }


def _asked(question: Fetch | Discard) -> Json:
    ids = question.ids if isinstance(question, Discard) else ()
    return {
        "is": mailroom.DISCARD if ids else mailroom.FETCH,
        "person": question.proof.person.hex(),
        "time": question.proof.time,
        "signature": question.proof.signature.hex(),
        "ids": [each.hex() for each in ids],
        "hex": question.to_bytes().hex(),
    }


def _refused_proofs(fetch: Fetch, ids: list[EnvelopeId]) -> list[Json]:
    stolen = mailroom.prove(ANN.identity, mailroom.FETCH, PEER, NOW)
    discard = mailroom.prove(BEN.identity, mailroom.DISCARD, PEER, NOW, ids)
    later = replace(fetch.proof, time=NOW + 1)
    cases: dict[str, tuple[Fetch | Discard, bytes, int]] = {
        "signed by another": (Fetch(proof=replace(stolen, person=BEN.public_key)), PEER, NOW),
        "for another host": (fetch, PEER[:-1] + b"\0", NOW),
        "the proof of a fetch": (Discard(proof=fetch.proof, ids=ids), PEER, NOW),
        "other ids": (Discard(proof=discard, ids=ids[:1]), PEER, NOW),
        "another time": (Fetch(proof=later), PEER, NOW),
        "601 seconds old": (fetch, PEER, NOW + 601),
        "601 seconds ahead": (fetch, PEER, NOW - 601),
    }
    return [
        {
            "about": about,
            "hex": asked.to_bytes().hex(),
            "peer": peer.hex(),
            "now": now,
            "code": code_of(lambda data: _check(data, peer, now), asked.to_bytes()),  # noqa: B023
        }
        for about, (asked, peer, now) in cases.items()
    ]


def _check(data: bytes, peer: bytes, now: int) -> None:
    question = mailroom.read_question(data)
    assert isinstance(question, Fetch | Discard)
    mailroom.check_proof(question, peer, now)


def _refused_mail() -> list[Json]:
    key, signature = bytes(BEN.public_key), bytes(64)
    cases: dict[str, list[tuple[str, bytes]]] = {
        "question": [
            ("nothing", b""),
            ("a question of later", spelled(1, "count")),
            ("version 2", spelled(2, "knock")),
            ("a knock with a member", spelled(1, "knock", b"")),
            ("an envelope that is none", spelled(1, "deposit", b"\x80")),
            ("an envelope that is a list", spelled(1, "deposit", [1, key, b"", b""])),
            ("a person of 31 bytes", spelled(1, "fetch", key[1:], 0, signature)),
            ("a time below 0", spelled(1, "fetch", key, -1, signature)),
            ("a time that is true", spelled(1, "fetch", key, True, signature)),
            ("a time of 2^53", spelled(1, "fetch", key, 2**53, signature)),
            ("a signature of 63 bytes", spelled(1, "fetch", key, 0, signature[1:])),
            ("no signature", spelled(1, "fetch", key, 0)),
            ("no id", spelled(1, "discard", key, 0, signature, b"")),
            ("half an id", spelled(1, "discard", key, 0, signature, bytes(16))),
            ("513 ids", spelled(1, "discard", key, 0, signature, bytes(513 * 32))),
            ("ids that are a list", spelled(1, "discard", key, 0, signature, [bytes(32)])),
        ],
        "answer": [
            ("an end that is 1", spelled(1, "letters", [], 1)),
            ("an envelope that is text", spelled(1, "letters", ["a"], True)),
            ("513 envelopes", spelled(1, "letters", [b""] * 513, True)),
            ("a code of 281 characters", spelled(1, "refused", "a" * 281)),
            ("done with a member", spelled(1, "done", 0)),
            ("an answer of later", spelled(1, "perhaps")),
        ],
    }
    readers: dict[str, Callable[[bytes], object]] = {
        "question": mailroom.read_question,
        "answer": mailroom.read_answer,
    }
    return _refusals(cases, readers)


def _refusals(
    cases: dict[str, list[tuple[str, bytes]]], readers: dict[str, Callable[[bytes], object]]
) -> list[Json]:
    return [
        {"about": about, "is": name, "hex": data.hex(), "code": code_of(readers[name], data)}
        for name, each in cases.items()
        for about, data in each
    ]
