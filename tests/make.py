"""People and records to test with.

Nothing here is random: a run repeats exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from goodword.crypto.hashing import digest
from goodword.crypto.keys import Identity, PublicKey
from goodword.crypto.person import Person
from goodword.protocol import endorsement as endorsements
from goodword.protocol import entry, kinds, licence, money, record
from goodword.protocol import listing as listings
from goodword.protocol import mailbox as mailboxes
from goodword.protocol import moderator as moderators
from goodword.protocol import presence as presences
from goodword.protocol import profile as profiles
from goodword.protocol import review as reviews
from goodword.protocol.codec import Value
from goodword.protocol.contract import Contract, OrderId
from goodword.protocol.endorsement import Deal, Endorsement, Strength
from goodword.protocol.entry import Entry, Event, Role
from goodword.protocol.limits import DAY, PRESENCE_SECONDS_MAX
from goodword.protocol.listing import Listing, Option
from goodword.protocol.mailbox import Mailbox
from goodword.protocol.moderator import Moderator
from goodword.protocol.presence import Presence
from goodword.protocol.profile import Profile
from goodword.protocol.record import Record, RecordId
from goodword.protocol.review import Rating, Review
from goodword.protocol.scope import Part, Scope
from goodword.protocol.terms import Terms, total_of

ROOTS: Final = {name: bytes([n]) * 32 for n, name in enumerate(("Ann", "Ben", "Chen", "Dai"), 1)}
ANN, BEN, CHEN, DAI = (Person.from_root(root) for root in ROOTS.values())
"""Where it matters: Ann buys, Ben sells, Chen knows both, Dai is a stranger."""

NOW: Final = 1_700_000_000
"""Unix seconds, the time at which everything is said unless a test says otherwise."""

PEER: Final = bytes.fromhex("002408011220") + bytes(range(32))
"""A libp2p peer id of an Ed25519 key, as bytes."""


# --- what everybody may see --------------------------------------------------------------------


def profile(
    person: Person = ANN,
    *,
    name: str = "Ann",
    about: str = "",
    region: str = "",
    roles: Iterable[Part] = (),
    revision: int = 0,
    now: int = NOW,
) -> Record:
    body = Profile(name=name, about=about, region=region, roles=tuple(roles)).to_body()
    return record.make(
        person.identity, profiles.KIND, body, slot=profiles.SLOT, revision=revision, now=now
    )


def presence(
    person: Person = ANN,
    *,
    peer: bytes = PEER,
    addresses: Iterable[str] = ("/ip4/192.0.2.1/tcp/4001",),
    seconds: int = PRESENCE_SECONDS_MAX,
    revision: int = 0,
    now: int = NOW,
) -> Record:
    body = Presence(peer=peer, addresses=tuple(addresses), expires_at=now + seconds).to_body()
    return record.make(person.identity, presences.KIND, body, slot=peer, revision=revision, now=now)


def listing(
    person: Person = BEN,
    *,
    title: str = "a crate of apples",
    price: str = "12.50 EUR",
    quantity: int = 5,
    handling: int = 3 * DAY,
    text: str = "",
    region: str = "",
    categories: Iterable[str] = (),
    shipping: int = 0,
    options: Iterable[Option] = (),
    questions: Iterable[str] = (),
    nonce: bytes = b"n" * 16,
    revision: int = 0,
    now: int = NOW,
) -> Record:
    """Another `nonce` is another listing; another `revision` is the same one, changed."""
    said = Listing(
        title=title,
        price=money.parse(price),
        quantity=quantity,
        handling=handling,
        text=text,
        region=region,
        categories=tuple(categories),
        shipping=shipping,
        options=tuple(options),
        questions=tuple(questions),
    )
    slot = listings.slot(person.public_key, nonce)
    return record.make(
        person.identity, listings.KIND, said.to_body(), slot=slot, revision=revision, now=now
    )


def vouch(
    giver: Person = CHEN,
    about: PublicKey = ANN.public_key,
    *,
    strength: Strength = Strength.KNOW,
    part: Part | None = None,
    category: str | None = None,
    how: str = "we sang in one choir",
    seconds: int = 365 * DAY,
    deal: Deal | None = None,
    revision: int | None = None,
    now: int = NOW,
) -> Record:
    """An endorsement; its revision is `now`, as it must be, unless told."""
    said = Endorsement(
        about=about,
        scope=Scope(part, category),
        strength=strength,
        how=how,
        expires_at=now + seconds,
        deal=deal,
    )
    at = now if revision is None else revision
    slot = endorsements.slot(about, said.scope)
    return record.make(
        giver.identity, endorsements.KIND, said.to_body(), slot=slot, revision=at, now=now
    )


def warning(
    giver: Person = CHEN,
    about: PublicKey = ANN.public_key,
    *,
    part: Part | None = None,
    category: str | None = None,
    how: str = "the bowl never came",
    seconds: int = 365 * DAY,
    deal: Deal | None = None,
    now: int = NOW,
) -> Record:
    return vouch(
        giver,
        about,
        strength=Strength.WARN,
        part=part,
        category=category,
        how=how,
        seconds=seconds,
        deal=deal,
        now=now,
    )


def deal(
    about: Person = ANN, giver: Person = CHEN, *, order: str = "first", count: int = 1
) -> Deal:
    """With the licence that `about` gave to `giver`; `count` is 0 where `about` bought."""
    order_id = order_of(order)
    given = licence.give(about.identity, order_id, giver.public_key, count)
    return Deal(order=order_id, count=count, licence=given)


def moderator(
    person: Person = DAI,
    *,
    fee: int = 150,
    categories: Iterable[str] = (),
    about: str = "",
    revision: int = 0,
    now: int = NOW,
) -> Record:
    """`fee`: in basis points."""
    body = Moderator(fee=fee, categories=tuple(categories), about=about).to_body()
    return record.make(
        person.identity, moderators.KIND, body, slot=moderators.SLOT, revision=revision, now=now
    )


def review(
    author: Person = ANN,
    about: Person = BEN,
    *,
    order: str | bytes = "first",
    role: Role = Role.BUYER,
    count: int | None = None,
    rating: Rating | None = Rating.GOOD,
    text: str = "",
    revision: int = 0,
    now: int = NOW,
) -> Record:
    """With a licence that `about` gives; `order` is an id, or a label that one is made of."""
    number = count if count is not None else int(role is Role.BUYER)
    order_id = order if isinstance(order, bytes) else order_of(order)
    body = Review(
        about=about.public_key,
        role=role,
        count=number,
        licence=licence.give(about.identity, order_id, author.public_key, number),
        rating=rating,
        text=text,
    ).to_body()
    return record.make(
        author.identity, reviews.KIND, body, slot=order_id, revision=revision, now=now
    )


def order_of(label: str) -> OrderId:
    """The id of an order of which nobody has the entries."""
    return OrderId(digest(b"goodword/test-order", label.encode()))


def mailbox(
    person: Person = BEN,
    hosts: Iterable[PublicKey] = (CHEN.public_key,),
    *,
    revision: int = 0,
    now: int = NOW,
) -> Record:
    body = Mailbox(hosts=tuple(hosts)).to_body()
    return record.make(
        person.identity, mailboxes.KIND, body, slot=mailboxes.SLOT, revision=revision, now=now
    )


def withdrawal(
    of: Record, person: Person, *, revision: int | None = None, now: int = NOW
) -> Record:
    """The tombstone of `of`, at the next revision unless told."""
    at = of.revision + 1 if revision is None else revision
    if kinds.KINDS[of.kind].is_dated:
        now = at
    return record.make(person.identity, of.kind, None, slot=of.slot, revision=at, now=now)


# --- orders ------------------------------------------------------------------------------------


def terms(of: Record | None = None, **changes: Any) -> Terms:
    """What the listing `of` asks, for one piece, with some of it otherwise."""
    said = listings.read(listing() if of is None else of)
    asked = Terms(
        quantity=1,
        price=said.price,
        shipping=said.shipping,
        total=said.price,
        handling=said.handling,
    )
    changed = replace(asked, **changes)
    return replace(changed, total=total_of(changed.price, changed.quantity, changed.shipping))


def contract(
    of: Record | None = None,
    *,
    buyer: PublicKey = ANN.public_key,
    ship_to: bytes = b"",
    nonce: bytes = b"o" * 32,
    **changes: Any,
) -> Contract:
    """What `buyer` asks of the listing `of`; another `nonce`, another order."""
    offered = listing() if of is None else of
    return Contract(
        buyer=buyer,
        seller=offered.author,
        listing=offered.id,
        slot=offered.slot,
        title=listings.read(offered).title,
        terms=terms(offered, **changes),
        ship_to=ship_to,
        nonce=nonce,
    )


def propose(agreed: Contract | None = None, *, buyer: Person = ANN, now: int = NOW) -> Record:
    """The first entry of an order."""
    terms = contract(buyer=buyer.public_key) if agreed is None else agreed
    return write(buyer, terms, Event.PROPOSE, role=Role.BUYER, now=now)


def say(
    person: Person,
    event: Event,
    after: Sequence[Record],
    *,
    details: Mapping[str, Value] | None = None,
    role: Role | None = None,
    now: int | None = None,
) -> Record:
    """An entry that follows all of `after`, which holds the order's proposal.

    `role` is the person's own unless told; `now` is that of the latest of `after` unless told.
    """
    entries = [entry.read(each) for each in after]
    agreed = next(each.contract for each in entries if each.event is Event.PROPOSE)
    roles = {agreed.buyer: Role.BUYER, agreed.seller: Role.SELLER}
    own = roles.get(person.public_key, Role.MODERATOR)
    return write(
        person,
        agreed,
        event,
        seen=heads(entries),
        details=details,
        role=role or own,
        now=max(each.made_at for each in entries) if now is None else now,
    )


def chain(opening: Record, *steps: tuple[Person, Event], seconds: int = 60) -> list[Record]:
    """`opening`, and one entry after the other, each `seconds` after the one before."""
    records = [opening]
    for person, event in steps:
        now = records[-1].made_at + seconds
        records.append(say(person, event, records, now=now))
    return records


def write(
    person: Person,
    agreed: Contract,
    event: Event,
    *,
    role: Role,
    seen: frozenset[RecordId] = frozenset(),
    details: Mapping[str, Value] | None = None,
    key: Identity | None = None,
    now: int = NOW,
) -> Record:
    """An entry, whether or not the rules allow it."""
    signer = person.order_identity(agreed.nonce) if key is None else key
    said = {**_licensed(person, agreed, event, role), **({} if details is None else details)}
    return entry.write(
        signer,
        person.public_key,
        entry.bind(person.identity, agreed.id, role, signer.public_key),
        order=agreed.id,
        role=role,
        event=event,
        seen=seen,
        details=said,
        now=now,
    )


def _licensed(person: Person, agreed: Contract, event: Event, role: Role) -> dict[str, Value]:
    """What an entry cannot be without: contract or terms, and the licence to review."""
    if event is Event.PROPOSE:
        given = licence.give(person.identity, agreed.id, agreed.seller, 0)
        return {"contract": agreed.to_body(), "licence": given}
    needed: dict[str, Value] = {"terms": agreed.terms.to_body()} if event is Event.COUNTER else {}
    if role is Role.SELLER and event in (Event.ACCEPT, Event.COUNTER):
        given = licence.give(person.identity, agreed.id, agreed.buyer, 1)
        needed |= {"count": 1, "licence": given}
    return needed


def heads(entries: Iterable[Entry]) -> frozenset[RecordId]:
    """Those of `entries` that no other of them follows."""
    known = {each.id: each for each in entries}
    return frozenset(known) - frozenset[RecordId]().union(*(each.seen for each in known.values()))


def entries_of(records: Iterable[Record]) -> dict[RecordId, Entry]:
    """As the gate and the fold want them."""
    return {each.id: entry.read(each) for each in records}


# --- records at will ---------------------------------------------------------------------------


def altered(of: Record, person: Person, **body: Value) -> Record:
    """`of` again, signed again, with some fields of its body set otherwise."""
    assert of.body is not None
    changed = {**of.body, **body}
    return record.make(
        person.identity, of.kind, changed, slot=of.slot, revision=of.revision, now=of.made_at
    )


def checked(made: Record, now: int = NOW) -> Record:
    """`made`, through the bytes and all rules that need no other record."""
    read = record.read(made.to_bytes())
    kinds.check(read, now)
    return read


def fresh(label: str) -> Person:
    """One more person, the same for the same label."""
    return Person.from_root(digest(b"goodword/test-person", label.encode()))
