"""The vectors are what the code makes, and say enough: each is checked from its JSON alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from io import BytesIO
from itertools import islice, permutations, product
from typing import Any, TypeAlias, cast
from unicodedata import is_normalized

import pytest
from libp2p.abc import INetStream
from libp2p.io.exceptions import IncompleteReadError

from goodword.crypto.address import BadAddress, from_address, from_did, to_address, to_did
from goodword.crypto.hashing import derive
from goodword.crypto.keys import Identity, PublicKey, Signature, is_public_key, is_signed_by
from goodword.crypto.person import IDENTITY_PURPOSE, ORDER_KEY_PURPOSE, Person
from goodword.crypto.phrase import BadPhrase, from_words, to_words
from goodword.node.guards.frames import FrameTooLarge, read_frame
from goodword.node.intake import Intake
from goodword.protocol import (
    bundle,
    comparison,
    contract,
    entry,
    evidence,
    exchange,
    gossip,
    interest,
    kinds,
    letter,
    licence,
    mailroom,
    money,
    order,
    record,
    topics,
    work,
)
from goodword.protocol.accumulator import Accumulator
from goodword.protocol.bounds import Bound, Gap, Place, between, id_of, time_of, varint
from goodword.protocol.codec import decode, encode
from goodword.protocol.comparison import Compare, Compared
from goodword.protocol.contract import check_listing
from goodword.protocol.entry import Entry, Event, Role
from goodword.protocol.errors import Refusal
from goodword.protocol.exchange import (
    AskGaps,
    AskNewer,
    AskRecords,
    Filling,
    Message,
    Records,
    UnknownScope,
)
from goodword.protocol.fields import line, prose
from goodword.protocol.findings import Code
from goodword.protocol.fingerprint import fingerprint
from goodword.protocol.letter import Envelope, EnvelopeId, Fate, Letter, Receipt
from goodword.protocol.limits import DAY
from goodword.protocol.listing import read as read_listing
from goodword.protocol.mailroom import Deposit, Discard, Done, Fetch, Knock, Letters, Refused
from goodword.protocol.order import Order
from goodword.protocol.reconcile import AS_PUBLISHED, THRIFTY, Reconciler
from goodword.protocol.record import RecordId, Slot
from goodword.protocol.table import State
from goodword.storage import records, shelves, views
from goodword.storage.database import Database
from tests.make import NOW
from tests.vectors.evidence import findings_told
from tests.vectors.make import FILES, path_of, text_of
from tests.vectors.notation import from_json, to_json

hexed = bytes.fromhex
LATER = 100 * DAY


def load(name: str) -> Any:
    return json.loads(path_of(name).read_text(encoding="ascii"))


def code_of(reads: Callable[[bytes], object], data: bytes) -> str:
    try:
        reads(data)
    except Refusal as refusal:
        return refusal.code
    return "read"


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_what_the_code_makes(name: str) -> None:
    """If this is meant to change: `python -m tests.vectors.make`, and tell the world."""
    assert path_of(name).read_text(encoding="ascii") == text_of(name)


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_what_it_is_about(name: str) -> None:
    assert load(name)["about"].startswith("SPEC ")


# --- keys and values ---------------------------------------------------------------------------


@pytest.mark.parametrize("told", load("keys")["people"], ids=lambda told: told["address"][:8])
def test_all_follows_from_the_root(told: dict[str, str]) -> None:
    root, nonce = hexed(told["root"]), hexed(told["order_nonce"])
    person = Person.from_root(root)
    assert (to_words(root), from_words(told["words"])) == (told["words"], root)
    assert derive(root, IDENTITY_PURPOSE).hex() == told["identity_seed"]
    assert Identity.from_seed(hexed(told["identity_seed"])).public_key.hex() == told["public_key"]
    assert person.public_key.hex() == told["public_key"]
    assert to_address(person.public_key) == told["address"]
    assert from_address(told["address"]) == person.public_key
    assert to_did(person.public_key) == told["did"]
    assert from_did(told["did"]) == person.public_key
    assert bytes(person.identity.letter_key().public_key).hex() == told["letter_public_key"]
    assert derive(root, ORDER_KEY_PURPOSE + nonce).hex() == told["order_seed"]
    assert person.order_identity(nonce).public_key.hex() == told["order_public_key"]


@pytest.mark.parametrize("verdict", [True, False])
def test_a_signature_is_judged_as_told(verdict: bool) -> None:
    for told in load("keys")["signatures" if verdict else "signatures_refused"]:
        key, signature = PublicKey(hexed(told["public_key"])), Signature(hexed(told["signature"]))
        assert is_signed_by(key, hexed(told["message"]), signature) is verdict, told["about"]


def test_a_bad_key_is_nobodys() -> None:
    for told in load("keys")["keys_refused"]:
        assert not is_public_key(hexed(told["public_key"])), told["about"]


@pytest.mark.parametrize(
    ("group", "name", "reads"),
    [
        ("addresses_refused", "address", from_address),
        ("dids_refused", "did", from_did),
        ("words_refused", "words", from_words),
    ],
)
def test_what_is_written_down_wrong_is_refused(
    group: str, name: str, reads: Callable[[str], object]
) -> None:
    for told in load("keys")[group]:
        with pytest.raises((BadAddress, BadPhrase)):
            reads(told[name])


def test_words_are_read_as_people_type_them() -> None:
    told = load("keys")
    assert {from_words(each["words"]).hex() for each in told["words_read"]} == {
        told["people"][0]["root"]
    }


def test_a_value_has_the_encoding_told() -> None:
    for told in load("encoding")["values"]:
        assert encode(from_json(told["value"])).hex() == told["hex"]
        assert to_json(decode(hexed(told["hex"]))) == told["value"]


def test_another_spelling_is_refused_as_told() -> None:
    for told in load("encoding")["refused"]:
        assert code_of(decode, hexed(told["hex"])) == told["code"], told["about"]


def test_currencies_and_amounts_are_as_told() -> None:
    """Should a newer list of ISO 4217 change one of them, version 1 of the protocol does not."""
    told = load("money")
    for code, digits in told["exponents"].items():
        assert money.exponent(code) == digits
    for each in told["amounts"]:
        assert money.parse(each["text"]) == money.Money(each["minor"], each["code"])
    for text in told["refused"]:
        with pytest.raises(ValueError, match=r"is not|has more decimals"):
            money.parse(text)


# --- records -----------------------------------------------------------------------------------


def test_a_record_is_read_as_told() -> None:
    told = load("records")
    for each in told["records"]:
        read = record.read(hexed(each["hex"]))
        kinds.check(read, told["now"])
        assert read.signed.hex() == each["signed"], each["about"]
        assert read.id.hex() == each["id"]
        assert read.author.hex() == each["author"]
        assert read.slot.hex() == each["slot"]
        names = ("kind", "made_at", "revision", "is_withdrawal")
        assert {name: getattr(read, name) for name in names} == {name: each[name] for name in names}
    assert {each["kind"] for each in told["records"]} == set(kinds.KINDS)


def test_a_bad_record_is_refused_as_told() -> None:
    told = load("records")

    def read(data: bytes) -> None:
        kinds.check(record.read(data), told["now"])

    for each in told["refused"]:
        assert code_of(read, hexed(each["hex"])) == each["code"], each["about"]


def test_a_field_is_bounded_as_told() -> None:
    told = load("fields")

    def read(data: bytes) -> None:
        kinds.check(record.read(data), told["now"])

    for each in told["fields"]:
        assert code_of(read, hexed(each["hex"])) == (each["code"] or "read"), each["about"]


def test_the_characters_that_no_text_holds_are_as_told() -> None:
    """All of Unicode: the file need not list what is allowed."""
    told = load("fields")
    checks = {"not_in_a_line": line(1), "not_in_prose": prose(1)}
    for name, check in checks.items():
        refused: list[int] = []
        for point in range(0x110000):
            if not 0xD800 <= point < 0xE000 and is_normalized("NFC", chr(point)):
                try:
                    check("text", chr(point))
                except Refusal:
                    refused.append(point)
        assert refused == told[name]


def test_a_slot_is_held_as_told() -> None:
    told = load("slots")
    known = [record.read(hexed(each["hex"])) for each in told["records"]]
    for each, shown in zip(known, told["records"], strict=True):
        assert each.id.hex() == shown["id"]
        assert (each.revision, each.is_withdrawal) == (shown["revision"], shown["is_withdrawal"])
    for story in told["stories"]:
        database = Database()
        fates: list[str] = []
        places: list[int] = story["come"]
        came = [known[each] for each in places]
        for each in came:
            with database.transaction() as db:
                try:
                    kind = kinds.KINDS[each.kind]
                    place = views.place(db, each, kind)
                    if is_new := place is not None:  # as its author: who loses nothing
                        data, now = each.to_bytes(), told["now"]
                        views.keep(db, each, data, kind, now, place, each.author)
                    found = records.standing(db, each)
                    stands = found is not None and found[0].id == each.id
                    fates.append("known" if not is_new else "stands" if stands else "evidence")
                except Refusal as refusal:
                    fates.append(refusal.code)
        assert fates == story["fates"], story["about"]
        with database.transaction() as db:
            found = records.standing(db, came[0])
            assert found
            assert found[0].id == known[int(story["stands"])].id
            forks = records.forks(db, came[0].author)
        database.close()
        pairs: list[tuple[int, int]] = story["evidence"]
        assert sorted(forks) == sorted((known[one].id, known[other].id) for one, other in pairs)


# --- orders ------------------------------------------------------------------------------------


def entry_of(data: str) -> Entry:
    read = record.read(hexed(data))
    kinds.check(read, read.made_at + LATER)
    return entry.read(read)


def told_of(made: Order) -> dict[str, object]:
    """The order in the words of the file."""
    decided = made.to_seller
    return {
        "state": made.state,
        "since": made.since,
        "deadline": made.deadline,
        "heads": sorted(each.hex() for each in made.heads),
        "history": [line.entry.id.hex() for line in made.history],
        "void": [void.entry.id.hex() for void in made.void],
        "forkers": sorted(made.forkers),
        "to_seller": [decided.minor, decided.code] if decided else None,
    }


def test_a_contract_is_its_own_name() -> None:
    told = load("order")
    agreed = contract.read(from_json(told["contract"]))
    assert encode(agreed.to_body()).hex() == told["contract_hex"]
    assert agreed.id.hex() == told["order"]
    offered = record.read(hexed(told["listing"]))
    check_listing(agreed, read_listing(offered), offered.slot, offered.author)
    for role, root in told["roots"].items():
        person = Person.from_root(hexed(root))
        if role != Role.MODERATOR:
            assert agreed.to_body()[role] == person.public_key


def test_a_sale_goes_as_told() -> None:
    known: dict[RecordId, Entry] = {}
    for told in load("order")["sale"]:
        said = entry_of(told["hex"])
        order.check(said, known)
        known[said.id] = said
        assert said.id.hex() == told["id"]
        assert (said.role, said.event, said.made_at) == (
            told["role"],
            told["event"],
            told["made_at"],
        )
        assert sorted(each.hex() for each in said.seen) == told["seen"]
        assert told_of(order.fold(known.values())) == told["after"]


@pytest.mark.parametrize("story", load("order")["stories"], ids=lambda story: story["about"])
def test_a_story_ends_as_told(story: dict[str, Any]) -> None:
    said = [entry_of(each["hex"]) for each in story["entries"]]
    known: dict[RecordId, Entry] = {}
    for each in said:
        order.check(each, known)
        known[each.id] = each
    for shuffled in islice(permutations(said), 50):
        assert told_of(order.fold(shuffled)) == story["after"]


def gate(said: Entry, known: dict[RecordId, Entry]) -> str:
    """The state that follows, or the code of the refusal."""
    try:
        order.check(said, known)
    except Refusal as refusal:
        return refusal.code
    return order.fold([*known.values(), said]).state


def test_the_gate_judges_as_told() -> None:
    for group, verdict in [("refused", "code"), ("let_in", "then")]:
        for told in load("order")[group]:
            known = {each.id: each for each in map(entry_of, told["after"])}
            assert gate(entry_of(told["entry"]), known) == told[verdict], told["about"]


def test_an_order_is_taken_up_as_told() -> None:
    for told in load("order")["taken_up"]:
        database = Database()
        intake = Intake(database, PublicKey(hexed(told["me"])), lambda: NOW + LATER)
        for each in told["here"]:
            intake.admit(hexed(each))
        code = code_of(intake.admit, hexed(told["entry"]))
        database.close()
        assert code == (told["code"] or "read"), told["about"]


def test_a_letter_is_taken_in_as_told() -> None:
    for told in load("order")["letters"]:
        database = Database()
        intake = Intake(database, PublicKey(hexed(told["me"])), lambda: NOW + LATER)
        for each in told["here"]:
            intake.admit(hexed(each))
        came = [hexed(each) for each in told["letter"]]
        fates = intake.admit_letter(came)
        with database.reading() as db:
            ids = [record.read(each).id for each in came]
            kept = [n for n, each in enumerate(ids) if records.seq_of(db, each) is not None]
        database.close()
        codes = [each.code for each in fates if isinstance(each, Refusal)]
        assert (kept, codes[:1]) == (told["kept"], [told["code"]] if told["code"] else []), told[
            "about"
        ]


Ways: TypeAlias = dict[tuple[str, bool], dict[RecordId, Entry]]
"""(state, whether both have made an offer) -> the entries that lead there."""


def steps() -> tuple[Any, list[Entry], Ways]:
    """The file, its entries, and the ways to each state."""
    told = load("steps")
    said = [entry_of(each) for each in told["entries"]]
    ways: Ways = {}
    for each in told["states"]:
        for is_offered, places in ((False, each["entries"]), (True, each["offered"])):
            if places:
                known = {said[int(n)].id: said[int(n)] for n in places}
                ways[each["state"], is_offered] = known
    return told, said, ways


def test_each_step_in_each_state_is_judged_as_told() -> None:
    told, said, ways = steps()
    assert {state for state, _ in ways} == set(State)
    for (state, _), known in ways.items():
        assert order.fold(known.values()).state == state
    seen: set[tuple[str, str, str]] = set()
    for cell in told["cells"]:
        each = said[int(cell["entry"])]
        assert (each.event, each.role) == (cell["event"], cell["role"])
        assert gate(each, ways[cell["state"], cell["offered"]]) == cell["then"], cell
        seen.add((cell["state"], cell["event"], cell["role"]))
    assert seen == set(product(State, set(Event) - {Event.PROPOSE}, Role))


def test_two_steps_meet_as_told() -> None:
    told, said, ways = steps()
    for each in told["meetings"]:
        places: list[int] = each["entries"]
        known = [*ways[each["state"], each["offered"]].values(), *(said[n] for n in places)]
        assert told_of(order.fold(known)) == each["after"]
        assert told_of(order.fold(known[::-1])) == each["after"]


# --- licences ----------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", [True, False])
def test_a_licence_is_given_as_told(verdict: bool) -> None:
    for told in load("licence")["given" if verdict else "not_given"]:
        by, to = PublicKey(hexed(told["by"])), PublicKey(hexed(told["to"]))
        order_id, count = hexed(told["order"]), told["count"]
        made = Signature(hexed(told["licence"]))
        is_given = licence.is_given(made, order=order_id, by=by, to=to, count=count)
        assert is_given is verdict, told["about"]
        said = licence.DOMAIN + b"\0" + encode([order_id, by, to, count])
        assert said.hex() == told["message"]
        assert is_signed_by(by, said, made) is verdict


# --- evidence ----------------------------------------------------------------------------------


def test_a_file_proves_what_is_told() -> None:
    told = load("evidence")
    assert told["magic"] == evidence.MAGIC
    for each in told["files"]:
        found = evidence.examine(hexed(each["file"]), told["now"])
        assert found.is_sound is each["sound"], each["about"]
        assert (found.listing is not None) is each["listing"], each["about"]
        assert sorted(key.hex() for key in found.entries) == each["entries"], each["about"]
        assert (told_of(found.order) if found.order else None) == each["after"], each["about"]
        assert findings_told(found.findings) == each["findings"], each["about"]


def test_every_finding_is_told() -> None:
    found = [each for file in load("evidence")["files"] for each in file["findings"]]
    assert {each["code"] for each in found} == set(Code)


# --- messages ----------------------------------------------------------------------------------


def test_a_letter_opens_as_told() -> None:
    told = load("letters")
    assert told["protocol"] == letter.PROTOCOL
    envelope = letter.read_envelope(hexed(told["envelope"]))
    to = PublicKey(hexed(told["to"]))
    assert envelope == Envelope(to=to, sealed=hexed(told["sealed"]))
    assert envelope.id.hex() == told["envelope_id"]
    opened = Person.from_root(hexed(told["root"])).open_sealed(envelope.sealed)
    assert opened.hex() == told["letter"]
    inside = letter.read_letter(opened)
    sender = Person.from_root(hexed(told["sender_root"]))
    assert sender.public_key.hex() == told["from"]
    assert sender.letter_token(to, hexed(told["order"])).hex() == told["token"]
    assert inside == Letter(
        sender=sender.public_key,
        token=hexed(told["token"]),
        records=[hexed(each) for each in told["records"]],
    )
    read = [record.read(each) for each in inside.records]
    assert {(each.kind, each.slot.hex()) for each in read} == {(entry.KIND, told["order"])}


def test_work_is_enough_as_told() -> None:
    told = load("letters")
    worked = letter.read_envelope(hexed(told["envelope_with_work"]))
    assert worked.work.hex() == told["work"]
    assert work.is_enough(worked.to, worked.sealed, worked.work)
    for each in told["work_refused"]:
        to = PublicKey(hexed(each["to"]))
        assert not work.is_enough(to, worked.sealed, hexed(each["work"])), each["about"]


def test_a_receipt_is_read_as_told() -> None:
    for told in load("letters")["receipts"]:
        receipt = Receipt(
            fate=Fate(told["fate"]),
            token=hexed(told["token"]),
            code=told["code"],
            ids=[RecordId(hexed(each)) for each in told["ids"]],
        )
        assert letter.read_receipt(hexed(told["hex"])) == receipt
        assert receipt.to_bytes().hex() == told["hex"]


def test_a_bad_letter_is_refused_as_told() -> None:
    readers: dict[str, Callable[[bytes], object]] = {
        "letter": letter.read_letter,
        "envelope": letter.read_envelope,
        "receipt": letter.read_receipt,
    }
    for told in load("letters")["refused"]:
        assert code_of(readers[told["is"]], hexed(told["hex"])) == told["code"], told["about"]


def test_a_mailbox_is_asked_as_told() -> None:
    told = load("letters")
    envelope = letter.read_envelope(hexed(told["envelope"]))
    told, person = told["mailbox"], Person.from_root(hexed(told["root"]))
    peer, now = hexed(told["peer"]), told["now"]
    assert told["protocol"] == mailroom.PROTOCOL
    assert mailroom.read_question(hexed(told["deposit"])) == Deposit(envelope=envelope)
    assert mailroom.read_question(hexed(told["knock"])) == Knock()
    for each in told["asked"]:
        ids = [EnvelopeId(hexed(one)) for one in each["ids"]]
        proof = mailroom.prove(person.identity, each["is"], peer, each["time"], ids)
        assert proof.signature.hex() == each["signature"]
        asked = Discard(proof=proof, ids=ids) if ids else Fetch(proof=proof)
        assert mailroom.read_question(hexed(each["hex"])) == asked
        mailroom.check_proof(asked, peer, now)
    for each in told["proofs_refused"]:
        bad = mailroom.read_question(hexed(each["hex"]))
        assert isinstance(bad, Fetch | Discard)
        with pytest.raises(Refusal) as caught:
            mailroom.check_proof(bad, hexed(each["peer"]), each["now"])
        assert caught.value.code == each["code"], each["about"]


def test_a_mailbox_answers_as_told() -> None:
    told = load("letters")["mailbox"]
    page, done, refused = told["answers"]
    envelopes = [hexed(each) for each in page["envelopes"]]
    made = Letters(envelopes=envelopes, is_end=page["is_end"])
    assert mailroom.read_answer(hexed(page["hex"])) == made
    assert mailroom.read_answer(hexed(done["hex"])) == Done()
    assert mailroom.read_answer(hexed(refused["hex"])) == Refused(code=refused["code"])
    readers: dict[str, Callable[[bytes], object]] = {
        "question": mailroom.read_question,
        "answer": mailroom.read_answer,
    }
    for each in told["refused"]:
        assert code_of(readers[each["is"]], hexed(each["hex"])) == each["code"], each["about"]


def message_of(told: dict[str, Any]) -> Message:
    match told["is"]:
        case "ask-records":
            return AskRecords(ids=[RecordId(hexed(each)) for each in told["ids"]])
        case "ask-gaps":
            return AskGaps(
                scope=hexed(told["scope"]),
                gaps=[Gap(*(Bound(hexed(end)) for end in each)) for each in told["gaps"]],
                skip=told["skip"],
            )
        case "ask-newer":
            known = [(Slot(hexed(slot)), revision) for slot, revision in told["known"]]
            return AskNewer(known=known)
        case "filling":
            return Filling(
                records=[hexed(each) for each in told["records"]],
                begun=Bound(hexed(told["begun"])),
                settled=Bound(hexed(told["settled"])),
                left=told["left"],
            )
        case "unknown-scope":
            return UnknownScope()
        case _:
            return Records(records=[hexed(each) for each in told["records"]])


def comparison_of(told: dict[str, Any]) -> comparison.Message:
    match told["is"]:
        case "compare":
            whole = None if told["told"] is None else hexed(told["told"])
            return Compare(scope=hexed(told["scope"]), told=whole, message=hexed(told["message"]))
        case "compared":
            return Compared(message=hexed(told["message"]))
        case _:
            return UnknownScope()


def test_a_message_of_catch_up_is_read_as_told() -> None:
    told = load("exchange")
    assert told["protocol"] == exchange.PROTOCOL
    for each in told["messages"]:
        assert exchange.read(hexed(each["hex"])) == message_of(each)
        assert message_of(each).to_bytes().hex() == each["hex"]
    for each in told["refused"]:
        assert code_of(exchange.read, hexed(each["hex"])) == each["code"], each["about"]


def test_a_message_of_comparison_is_read_as_told() -> None:
    told = load("exchange")["comparison"]
    assert told["protocol"] == comparison.PROTOCOL
    for each in told["messages"]:
        assert comparison.read(hexed(each["hex"])) == comparison_of(each)
        assert comparison_of(each).to_bytes().hex() == each["hex"]
    for each in told["refused"]:
        assert code_of(comparison.read, hexed(each["hex"])) == each["code"], each["about"]


def places_of(told: str) -> list[Place]:
    data = hexed(told)
    return [Place(data[at : at + 40]) for at in range(0, len(data), 40)]


def reconciler(
    told: str, *, is_client: bool, is_as_published: bool = True, has_gaps: bool = False
) -> Reconciler:
    return Reconciler(
        storage=Accumulator(places_of(told)),
        is_client=is_client,
        splitting=AS_PUBLISHED if is_as_published else THRIFTY,
        is_gap=(lambda _: True) if has_gaps else None,
    )


def test_two_find_what_the_other_lacks_as_told() -> None:
    for each in load("reconcile")["talks"]:
        way = each["is_as_published"]
        client = reconciler(
            each["client"], is_client=True, is_as_published=way, has_gaps=each["has_gaps"]
        )
        server = reconciler(each["server"], is_client=False, is_as_published=way)
        have, need, gaps = set[str](), set[str](), list[Gap]()
        message = client.initiate()
        for asked, answered in zip(each["messages"][::2], each["messages"][1::2], strict=True):
            assert message.hex() == asked, each["about"]
            assert (server.handle(message).message or b"").hex() == answered, each["about"]
            learned = client.handle(hexed(answered))
            have |= {found.hex() for found in learned.have}
            need |= {found.hex() for found in learned.need}
            gaps += learned.gaps
            message = learned.message or b""
        assert not message
        assert sorted(have) == each["have"]
        assert sorted(need) == each["need"]
        assert [[gap.since.hex(), gap.until.hex()] for gap in gaps] == each["gaps"]
        ours, theirs = (set(places_of(each[side])) for side in ("client", "server"))
        in_gaps = {at for at in theirs for gap in gaps if gap.since <= at < gap.until}
        assert not in_gaps & ours
        assert have == {id_of(at).hex() for at in ours - theirs}
        assert need == {id_of(at).hex() for at in theirs - ours - in_gaps}


def test_a_message_of_reconciliation_is_answered_as_told() -> None:
    told = load("reconcile")
    for each in told["answers"]:
        answer = reconciler(each["server"], is_client=False).handle(hexed(each["message"]))
        assert (answer.message or b"").hex() == each["answer"], each["about"]
    server = reconciler("", is_client=False)
    for each in told["refused"]:
        assert code_of(server.handle, hexed(each["hex"])) == each["code"], each["about"]


def test_numbers_bounds_and_fingerprints_are_as_told() -> None:
    told = load("reconcile")
    for each in told["numbers"]:
        assert varint(int(each["number"])).hex() == each["hex"]
    for each in told["bounds"]:
        bound = between(Place(hexed(each["last"])), Place(hexed(each["first"])))
        assert (str(time_of(bound)), bound[8:].hex()) == (each["time"], each["id_prefix"])
    for each in told["fingerprints"]:
        added = sum(int.from_bytes(hexed(one), "little") for one in each["ids"]) % 2**256
        data = added.to_bytes(32, "little") + bytes([len(each["ids"])])
        assert hashlib.sha256(data).hexdigest()[:32] == each["fingerprint"]
        assert fingerprint(added, len(each["ids"])).hex() == each["fingerprint"]


def test_a_gossip_message_is_read_as_told() -> None:
    told = load("exchange")
    assert told["topic"] == gossip.TOPIC
    for each in told["gossip_refused"]:
        assert code_of(gossip.unpack, hexed(each["hex"])) == each["code"], each["about"]
    records = [hexed(each) for each in told["gossip"]["records"]]
    assert gossip.unpack(hexed(told["gossip"]["hex"])) == records
    assert [message.hex() for message in gossip.pack(records)] == [told["gossip"]["hex"]]


def test_a_scope_is_read_as_told() -> None:
    told = load("interest")
    for each in told["scopes"]:
        found = interest.read(hexed(each["hex"]))
        assert found.is_everything is each["is_everything"]
        assert [key.hex() for key in found.people] == each["people"]
        assert [list(found.categories), list(found.regions)] == [
            each["categories"],
            each["regions"],
        ]
        assert (found.to_bytes().hex(), found.id.hex()) == (each["hex"], each["id"])
        domain = b"goodword/scope-of-interest/1\0"
        named = hashlib.sha256(domain + hexed(each["hex"])).hexdigest()
        assert each["id"] == ("" if found.is_everything else named)
    for each in told["folded"]:
        assert interest.folded(each["region"]) == each["folded"]
    for each in told["refused"]:
        assert code_of(interest.read, hexed(each["hex"])) == each["code"], each["about"]


def test_the_topics_of_a_record_are_as_told() -> None:
    for each in load("interest")["topics"]:
        said = record.read(hexed(each["hex"]))
        assert sorted(topics.of_record(said)) == each["topics"]
        named = encode(["person", said.author])
        digest = hashlib.sha256(b"goodword/topic/1\0" + named).hexdigest()
        assert f"/goodword/records/1/{digest[:32]}" in each["topics"]


def test_a_scope_holds_what_is_told() -> None:
    told = load("interest")
    database = Database()
    node = Intake(database, Person.from_root(bytes(32)).public_key, lambda: told["now"])
    for each in told["records"]:
        node.admit(hexed(each["hex"]))
    for each in told["shelves"]:
        with database.reading() as db:
            found = shelves.build(db, interest.read(hexed(each["hex"]))).places
        held = {id_of(place).hex() for place in found.iterate(0, found.size())}
        assert held == {told["records"][n]["id"] for n in each["held"]}, each["about"]
    database.close()


def test_a_bundle_is_read_as_told() -> None:
    told = load("exchange")
    records = [hexed(each) for each in told["bundle"]["records"]]
    assert b"".join(bundle.write(records)).hex() == told["bundle"]["hex"]
    assert list(bundle.read(BytesIO(hexed(told["bundle"]["hex"])).read)) == [records]
    assert list(bundle.read(BytesIO(hexed(told["bundle_of_nothing"])).read)) == []
    for each in told["bundles_refused"]:
        found: list[bytes] = []
        with pytest.raises(Refusal) as refused:
            _read_into(found, hexed(each["hex"]))
        assert (refused.value.code, len(found)) == (each["code"], each["count"]), each["about"]
        assert getattr(refused.value, "at", None) == each["at"], each["about"]


def _read_into(found: list[bytes], file: bytes) -> None:
    for batch in bundle.read(BytesIO(file).read):
        found += batch


class Bytes:
    """The end of a stream that has come in whole."""

    def __init__(self, data: bytes) -> None:
        self._left = data

    async def read(self, n: int | None = None) -> bytes:
        size = len(self._left) if n is None else n
        found, self._left = self._left[:size], self._left[size:]
        return found


async def test_a_frame_is_its_length_and_its_body() -> None:
    told = load("exchange")
    for each in told["frames"]:
        assert (await read_frame(cast("INetStream", Bytes(hexed(each["hex"]))))).hex() == each[
            "body"
        ]
    for each in told["frames_refused"]:
        with pytest.raises((FrameTooLarge, IncompleteReadError)):
            await read_frame(cast("INetStream", Bytes(hexed(each["hex"]))))
    body = hexed(told["frame"]["body"])
    assert (len(body).to_bytes(4, "big") + body).hex() == told["frame"]["hex"]
