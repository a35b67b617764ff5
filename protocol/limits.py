"""Every bound of the protocol: its unit, and why it is that large and no larger.

Two nodes that disagree about a bound disagree about what is true, so these are part of the
protocol: SPEC.md names each one, and a test holds the two together.
"""

from __future__ import annotations

from typing import Final

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

# --- records -----------------------------------------------------------------------------------

RECORD_BYTES_MAX: Final = 32 * 1024
"""Half a gossip message; a listing of 8,000 Chinese characters is 24 KB."""

DEPTH_MAX: Final = 8
"""Nesting of lists and maps. The deepest that any kind needs is 5; a bomb has thousands."""

VALUES_MAX: Final = 1024
"""Values in one record. The most that any kind needs is about 60; bounds the time to read it."""

FUTURE_SECONDS_MAX: Final = 10 * MINUTE
"""How far an author's clock may run ahead of ours. Phones without network time drift minutes."""

REVISION_MAX: Final = 2**53 - 1
"""Largest revision, time and amount: the largest integer that every JSON reader keeps exact."""

SLOT_BYTES_MAX: Final = 64
"""A slot holds a random id (16), a key or an order id (32), or a peer id (up to 42)."""

# --- what people write -------------------------------------------------------------------------

NAME_CHARS_MAX: Final = 60
TITLE_CHARS_MAX: Final = 140
"""One line on a phone."""
LINE_CHARS_MAX: Final = 280
"""A sentence or two: how I know somebody, a note to an order, a reason."""
ABOUT_CHARS_MAX: Final = 2_000
TEXT_CHARS_MAX: Final = 8_000
"""About four printed pages; what needs more is a document, named by its hash."""
REGION_CHARS_MAX: Final = 80
CATEGORIES_MAX: Final = 8
CATEGORY_CHARS_MAX: Final = 40
ADDRESS_CHARS_MAX: Final = 256
ADDRESSES_MAX: Final = 16
"""Listen addresses of one device: loopback, LAN and public, each in IPv4 and IPv6, with room."""
PEER_BYTES_MAX: Final = 42
"""A libp2p peer id of an Ed25519 key is 38 bytes, a SHA-256 one 34."""

# --- listings and orders -----------------------------------------------------------------------

QUANTITY_MAX: Final = 1_000_000
MINOR_MAX: Final = 2**53 - 1
"""Money, in minor units. The same bound as REVISION_MAX, for the same reason."""
OPTIONS_MAX: Final = 8
"""Options of one listing: more make a form that nobody fills in."""
CHOICES_MAX: Final = 32
"""Choices of one option: the sizes of shoes, the letters of an alphabet."""
CHOICE_CHARS_MAX: Final = 60
QUESTIONS_MAX: Final = 8
"""Questions to the buyer, for the same reason."""
HANDLING_SECONDS_MIN: Final = HOUR
HANDLING_SECONDS_MAX: Final = 18 * DAY
"""18 d + 7 d + 14 d + 3 d + 3 d of margin = 45 d, the longest that a rail may lock money."""
PAYMENT_SECONDS_MIN: Final = HOUR
PAYMENT_SECONDS_MAX: Final = 7 * DAY
"""Accepted and not paid, an order holds stock: not for longer than a week."""
CLEARING_SECONDS_MIN: Final = HOUR
CLEARING_SECONDS_MAX: Final = 10 * DAY
"""A transfer abroad by post office, over holidays."""
INSPECTION_SECONDS_MIN: Final = DAY
INSPECTION_SECONDS_MAX: Final = 14 * DAY
"""A parcel across the sea, and time to look at it."""
EXTENSION_SECONDS_MAX: Final = 7 * DAY
"""What the buyer may add to it, once: the parcel is late."""
DISPUTE_SECONDS_MIN: Final = 3 * DAY
"""Two people, one of them travelling, and a third who hears both."""
DISPUTE_SECONDS_MAX: Final = 21 * DAY
DECIDED_SECONDS: Final = 3 * DAY
"""To do what a verdict says."""
LOCK_MARGIN_SECONDS: Final = 3 * DAY
"""Between the last deadline of an order and the moment when a rail frees the money by itself."""
LOCK_SECONDS_MAX: Final = 45 * DAY
"""The longest that a rail may lock money: all deadlines of an order and the margin lie in it."""
ANSWER_SECONDS: Final = 48 * HOUR
"""For an answer to a proposal or a counter: a weekend."""
COUNTERS_MAX: Final = 8
"""Counters of one party in one order: who has not agreed by then, talks elsewhere."""
OFFERS_MAX: Final = 4
"""Offers of a split by one party in one order."""
SHIP_TO_BYTES_MAX: Final = 1_024
"""A sealed postal address."""
SEEN_MAX: Final = 16
"""Heads that one order entry names. Two parties can leave two; sixteen survives a mess."""
ROLE_ENTRIES_MAX: Final = 32
"""Entries of one party in one order. The longest honest way through the table is under ten; each
party has its own room, so that neither can fill the other's."""
EVIDENCE_RECORDS_MAX: Final = 128
"""Records in an evidence file besides the listing: three parties with ROLE_ENTRIES_MAX each, and
what they say of one another."""
EVIDENCE_BYTES_MAX: Final = EVIDENCE_RECORDS_MAX * RECORD_BYTES_MAX
"""An evidence file: 4 MB. A plain sale is 4 KB."""

# --- endorsements and presence -----------------------------------------------------------------

ENDORSEMENT_SECONDS_MAX: Final = 5 * 365 * DAY
"""A word that nobody renews in five years says little about the person of today."""
ENDORSEMENTS_MAX: Final = 1_000
"""In force by one author: nobody knows more people, and a key that endorses millions fills
disks: a thousand are 0.5 MB."""
ENDORSEMENTS_OF_ONE_MAX: Final = 32
"""Of one person by one author, over or not: each role, and a few categories. A review of hers
makes anew all that is held of her, which takes a tenth of a second with a thousand."""
PRESENCE_SECONDS_MAX: Final = 30 * DAY
"""An address older than a month is a guess."""

# --- moderators --------------------------------------------------------------------------------

FEE_BASIS_POINTS_MAX: Final = 2_000
"""A fifth of the total, in hundredths of a percent: who asks for more has an interest of his own
in the quarrel."""

# --- messages between nodes --------------------------------------------------------------------

GOSSIP_BYTES_MAX: Final = 64 * 1024
"""One gossip message. py-libp2p drops 1 MiB silently; small ones keep the queues moving."""
PAGE_BYTES_MAX: Final = 256 * 1024
"""One answer of catch-up. A reader that pauses for over 5 s on a larger one is reset (R6)."""
WANT_IDS_MAX: Final = 512
"""Records asked for at once: at 500 bytes each they fill a page."""
KNOWN_LISTINGS_MAX: Final = 256
"""Listings of which one asks at once for what came after: 10 KB, and within VALUES_MAX."""
GAPS_MAX: Final = 64
"""Stretches asked for at once: at 40 bytes a bound 5 KB."""
RECONCILE_BYTES_MAX: Final = 64 * 1024
"""One message of reconciliation: the ids of 2,000 records, or 3,400 fingerprints, which to compare
takes a tenth of a second."""
INTEREST_PEOPLE_MAX: Final = 2_000
"""People whose records a node keeps by name: two steps of vouches, each of some 40 people."""
INTEREST_CATEGORIES_MAX: Final = 64
"""Who deals in more kinds of things keeps everything, or a region."""
INTEREST_REGIONS_MAX: Final = 64
INTEREST_BYTES_MAX: Final = 96 * 1024
"""The largest scope: 64,000 bytes of people, then 64 categories and regions in 4 bytes a letter."""
LETTER_BYTES_MAX: Final = 64 * 1024 + 1_024
"""The two largest records, or a whole order of some hundred usual entries; and the envelope."""
LETTER_RECORDS_MAX: Final = 96
"""Entries in one letter: all that three parties can say in an order."""
TOKEN_BYTES: Final = 32
"""The secret in a letter that its receipt must repeat: only who opened it can."""
WORK_BITS: Final = 16
"""What a stranger's letter costs: some 65,000 hashes, a tenth of a second, against one to check."""

# --- mailboxes ------------------------------------------------------------------------------------

MAILBOX_HOSTS_MAX: Final = 4
"""Friends who keep letters for one person: one is enough, four survive three that are off."""
MAILBOX_SECONDS_MAX: Final = 30 * DAY
"""How long a host keeps a letter. Who is away for longer has missed every deadline but one."""
PAGE_LETTERS_MAX: Final = 512
"""Envelopes in one answer, or ids in one question: at 500 bytes each they fill a page."""
