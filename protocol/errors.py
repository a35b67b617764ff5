"""Every reason to refuse a record, in words a person can act on.

One class is one rule of the protocol. `code` never changes once released: peers count it,
scripts match it. `text` is what people read; `hint` is what they can do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class Refusal(Exception):
    """The rules do not allow this. The record is at fault, not the node."""

    code: ClassVar[str] = "refused"
    text: ClassVar[str] = "refused"
    hint: ClassVar[str] = ""
    is_fault: ClassVar[bool] = True
    """Whether an honest sender could not have sent this: if so, it counts against him."""

    def __str__(self) -> str:
        return self.text.format_map(vars(self))


# --- the bytes ---------------------------------------------------------------------------------


@dataclass(eq=False)
class Malformed(Refusal):
    code: ClassVar[str] = "record.malformed"
    text: ClassVar[str] = "not a well-formed record: {why}"

    why: str


@dataclass(eq=False)
class NotCanonical(Refusal):
    code: ClassVar[str] = "record.not_canonical"
    text: ClassVar[str] = "not the canonical encoding: {why}"
    hint: ClassVar[str] = "a value has one spelling only: shortest integers, sorted keys, no floats"

    why: str


@dataclass(eq=False)
class TooLarge(Refusal):
    code: ClassVar[str] = "record.too_large"
    text: ClassVar[str] = "{size} {unit}, the limit is {limit}"

    size: int
    limit: int
    unit: str = "bytes"


@dataclass(eq=False)
class TooDeep(Refusal):
    code: ClassVar[str] = "record.too_deep"
    text: ClassVar[str] = "nested deeper than {limit}"

    limit: int


@dataclass(eq=False)
class UnknownVersion(Refusal):
    code: ClassVar[str] = "record.unknown_version"
    text: ClassVar[str] = "record version {version} is not known here"
    hint: ClassVar[str] = "a newer goodword may read it"
    is_fault: ClassVar[bool] = False

    version: int


# --- who signed --------------------------------------------------------------------------------


class BadKey(Refusal):
    code = "record.bad_key"
    text = "the author's key is not a usable Ed25519 key"


class BadSignature(Refusal):
    code = "record.bad_signature"
    text = "the signature does not match the author's key"


# --- time, slots, revisions --------------------------------------------------------------------


@dataclass(eq=False)
class FromTheFuture(Refusal):
    code: ClassVar[str] = "record.from_the_future"
    text: ClassVar[str] = "signed {seconds} seconds ahead of our clock, {limit} are allowed"
    hint: ClassVar[str] = "check the clocks of both machines"
    is_fault: ClassVar[bool] = False

    seconds: int
    limit: int


@dataclass(eq=False)
class StaleRevision(Refusal):
    """A newer revision is here already. An honest peer who has not caught up sends such."""

    code: ClassVar[str] = "record.stale_revision"
    text: ClassVar[str] = "revision {revision} is not above {current}, which we have"
    is_fault: ClassVar[bool] = False

    revision: int
    current: int


@dataclass(eq=False)
class Withdrawn(Refusal):
    code: ClassVar[str] = "record.withdrawn"
    text: ClassVar[str] = "this {kind} was withdrawn by its author, which is final"
    is_fault: ClassVar[bool] = False

    kind: str


@dataclass(eq=False)
class ForeignSlot(Refusal):
    code: ClassVar[str] = "record.foreign_slot"
    text: ClassVar[str] = "this {kind} belongs to another author"
    hint: ClassVar[str] = "only who published it can revise or withdraw it"

    kind: str


# --- room --------------------------------------------------------------------------------------


class AuthorQuota(Refusal):
    """How much a node keeps of whom is its own affair: no fault of who passes the record on."""

    code = "record.author_quota"
    text = "as much of this author is kept here as there is room for"
    hint = "who is vouched for by people I vouch for has more room"
    is_fault = False


class NoRoom(Refusal):
    """As AuthorQuota; or it is older than what was dropped already, and would be next."""

    code = "record.no_room"
    text = "the room that strangers share is full of newer records"
    hint = "`goodword keep set --budget` makes it larger"
    is_fault = False


class OutOfInterest(Refusal):
    """The owner narrowed what is kept. Another node may keep it."""

    code = "record.out_of_interest"
    text = "this listing is outside of what is kept here"
    hint = "`goodword keep show` tells what is, `goodword keep set` changes it"
    is_fault = False


# --- what it says ------------------------------------------------------------------------------


@dataclass(eq=False)
class UnknownKind(Refusal):
    code: ClassVar[str] = "record.unknown_kind"
    text: ClassVar[str] = "kind {kind!r} is not known here"
    hint: ClassVar[str] = "a newer goodword may read it"
    is_fault: ClassVar[bool] = False

    kind: str


@dataclass(eq=False)
class BadField(Refusal):
    code: ClassVar[str] = "record.bad_field"
    text: ClassVar[str] = "{field}: {why}"

    field: str
    why: str


# --- orders ------------------------------------------------------------------------------------


@dataclass(eq=False)
class WrongTurn(Refusal):
    code: ClassVar[str] = "order.wrong_turn"
    text: ClassVar[str] = "the order is {state}: {event} is not possible now"
    hint: ClassVar[str] = "`goodword order show` lists the steps that are open to you"

    state: str
    event: str


@dataclass(eq=False)
class NotYours(Refusal):
    code: ClassVar[str] = "order.not_yours"
    text: ClassVar[str] = "a {role} may not {event} while the order is {state}"
    hint: ClassVar[str] = "`goodword order show` lists the steps that are open to you"

    role: str
    event: str
    state: str


@dataclass(eq=False)
class TooEarly(Refusal):
    code: ClassVar[str] = "order.too_early"
    text: ClassVar[str] = "the time for the other side runs for {seconds} more seconds"

    seconds: int


@dataclass(eq=False)
class TooOften(Refusal):
    code: ClassVar[str] = "order.too_often"
    text: ClassVar[str] = "{event} was said {limit} times already: no more is possible"

    event: str
    limit: int


class NoOffer(Refusal):
    code = "order.no_offer"
    text = "the other side has made no such offer, or it does not stand any more"
    hint = "`goodword order show` tells what is offered"


class BadLicence(Refusal):
    code = "order.bad_licence"
    text = "the licence to review is not for the other party of this order"


class BadBinding(Refusal):
    code = "order.bad_binding"
    text = "the order key is not bound to a party of this order"


@dataclass(eq=False)
class BadContract(Refusal):
    code: ClassVar[str] = "order.bad_contract"
    text: ClassVar[str] = "the contract does not hold: {why}"

    why: str


class ListingGone(Refusal):
    code = "order.listing_gone"
    text = "the listing was withdrawn, or has never been seen here"
    hint = "`goodword listing list SELLER` shows what is for sale"
    is_fault = False


class NotAParty(Refusal):
    code = "order.not_a_party"
    text = "this order is between other people"


class UnknownOrder(Refusal):
    code = "order.unknown"
    text = "no such order is known here"
    is_fault = False


class MissingEntries(Refusal):
    code = "order.missing_entries"
    text = "the entry follows others that have not arrived"
    is_fault = False


class BeforeItsPast(Refusal):
    code = "order.before_its_past"
    text = "the entry claims an earlier time than the entries it follows"


class OrderFull(Refusal):
    code = "order.full"
    text = "the order holds as many entries as it can"


@dataclass(eq=False)
class OutOfStock(Refusal):
    code: ClassVar[str] = "order.out_of_stock"
    text: ClassVar[str] = "{left} left, {wanted} wanted"
    hint: ClassVar[str] = "reject the order, or revise the listing's quantity"
    is_fault: ClassVar[bool] = False

    left: int
    wanted: int


@dataclass(eq=False)
class HoldsTooMuch(Refusal):
    code: ClassVar[str] = "order.holds_too_much"
    text: ClassVar[str] = "this buyer holds pieces with {held} unpaid orders already"
    hint: ClassVar[str] = "wait until they are paid or expired, or reject one"
    is_fault: ClassVar[bool] = False

    held: int


# --- reviews -----------------------------------------------------------------------------------


@dataclass(eq=False)
class NotSettled(Refusal):
    code: ClassVar[str] = "review.not_settled"
    text: ClassVar[str] = "the order is {state}: only what was settled can be reviewed"
    is_fault: ClassVar[bool] = False

    state: str


class NoLicence(Refusal):
    code = "review.no_licence"
    text = "the person it is about gave its author no licence for this order with this count"
    hint = "who agrees to an order gives one with it"


# --- endorsements ------------------------------------------------------------------------------


class AboutOneself(Refusal):
    code = "endorsement.about_oneself"
    text = "nobody endorses herself"
    hint = "others can: `goodword vouch list` shows who does"


@dataclass(eq=False)
class BackDated(Refusal):
    """Or dated ahead: else one signed later could stand below one signed before."""

    code: ClassVar[str] = "endorsement.back_dated"
    text: ClassVar[str] = "signed at {made_at} as revision {revision}: the two must be the same"
    hint: ClassVar[str] = "the latest stands, whoever signs it anew: its revision is its time"

    made_at: int
    revision: int


@dataclass(eq=False)
class Expired(Refusal):
    """An honest peer may have kept it for long, or his clock runs behind."""

    code: ClassVar[str] = "endorsement.expired"
    text: ClassVar[str] = "it was over {seconds} seconds ago"
    hint: ClassVar[str] = "only its author can renew it"
    is_fault: ClassVar[bool] = False

    seconds: int


@dataclass(eq=False)
class TooManyEndorsements(Refusal):
    """Others may know fewer of them, or have another clock: who passes it on is not at fault."""

    code: ClassVar[str] = "endorsement.too_many"
    text: ClassVar[str] = "its author has {limit} such endorsements already"
    hint: ClassVar[str] = "take one back: `goodword vouch list` shows them"
    is_fault: ClassVar[bool] = False

    limit: int


# --- letters and mailboxes ---------------------------------------------------------------------


class NeedsWork(Refusal):
    """Told before anything is decrypted: the sender adds the work, and sends again."""

    code = "letter.needs_work"
    text = "a letter of a stranger needs proof of work"
    is_fault = False


class LetterQuota(Refusal):
    code = "letter.quota"
    text = "too many letters or proposals of strangers for now"
    hint = "it is tried again later by itself"
    is_fault = False


class NotHosted(Refusal):
    code = "mailbox.not_hosted"
    text = "no letters are kept here for this person"
    is_fault = False


class MailboxFull(Refusal):
    code = "mailbox.full"
    text = "the mailbox is full"
    is_fault = False


class BadProof(Refusal):
    code = "mailbox.bad_proof"
    text = "the letters of another person were asked for"


class StaleProof(Refusal):
    code = "mailbox.stale_proof"
    text = "the question was signed at another time"
    hint = "check the clocks of both machines"
    is_fault = False


# --- bundles -----------------------------------------------------------------------------------


class NotABundle(Refusal):
    code = "bundle.not_one"
    text = "this is no bundle"
    hint = "`goodword bundle write` makes one; a backup is restored with `goodword restore`"


@dataclass(eq=False)
class NewerBundle(Refusal):
    code: ClassVar[str] = "bundle.unknown_version"
    text: ClassVar[str] = "bundle version {version} is not known here"
    hint: ClassVar[str] = "a newer goodword may read it"
    is_fault: ClassVar[bool] = False

    version: int


@dataclass(eq=False)
class DamagedBundle(Refusal):
    code: ClassVar[str] = "bundle.damaged"
    text: ClassVar[str] = "the bundle is damaged at byte {at}: {why}"
    hint: ClassVar[str] = "copy the file again, and read it again: what is here is known then"
    is_fault: ClassVar[bool] = False

    at: int
    why: str


# --- reconciliation ----------------------------------------------------------------------------


@dataclass(eq=False)
class NotOfReconciliation(Refusal):
    code: ClassVar[str] = "sync.malformed"
    text: ClassVar[str] = "not a message of reconciliation: {why}"

    why: str


@dataclass(eq=False)
class NeverSettled(Refusal):
    code: ClassVar[str] = "sync.never_settled"
    text: ClassVar[str] = "{rounds} messages, and still nothing settled of what differs"

    rounds: int


@dataclass(eq=False)
class Withheld(Refusal):
    code: ClassVar[str] = "sync.withheld"
    text: ClassVar[str] = "{count} records did not come from the one who told of them"

    count: int


@dataclass(eq=False)
class UnknownReconciliation(Refusal):
    """Also what a peer says that does not know our version."""

    code: ClassVar[str] = "sync.unknown_version"
    text: ClassVar[str] = "version {version} of reconciliation is not known here"
    hint: ClassVar[str] = "a newer goodword may speak it"
    is_fault: ClassVar[bool] = False

    version: int
