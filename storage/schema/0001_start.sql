-- Every record we accepted, as it came, in the order in which it came. What leaves this heap is
-- what nothing needs any more: superseded revisions of others, and strangers' slots when their room
-- is full. The tables marked "view" can be rebuilt from it, and `goodword doctor --rebuild` does so.
-- Each reference to it has an index of its own: else SQLite would read that whole table for each
-- record that leaves.
CREATE TABLE record (
    seq       INTEGER PRIMARY KEY,   -- the order of arrival: what catch-up counts in
    id        BLOB NOT NULL,         -- of each there is one: `records.has` is asked first
    kind      TEXT NOT NULL,
    author    BLOB NOT NULL,
    slot      BLOB NOT NULL,
    revision  INTEGER NOT NULL,
    made_at   INTEGER NOT NULL,      -- Unix seconds, the author's clock
    came_at   INTEGER NOT NULL,      -- Unix seconds, our clock
    bytes     BLOB NOT NULL
) STRICT;

-- Ids are random, so that each record of a batch goes to another page of their index: the fewer
-- pages, the less is written. Eight bytes of a hash tell ids apart; a query compares the rest too.
CREATE INDEX record_by_id ON record (substr(id, 1, 8));

-- What else is asked for by its slot is found in `standing`.
CREATE INDEX record_of_order ON record (slot) WHERE kind = 'order';

-- What this database is, in a few names: whose it is, what left it.
CREATE TABLE meta (
    name   TEXT PRIMARY KEY,
    value  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- How often anything has changed but that more is for sale: so long what is told of people is good.
CREATE TABLE moment (number INTEGER NOT NULL) STRICT;

INSERT INTO moment (number) VALUES (0);

-- view: which record stands for each slot.
CREATE TABLE standing (
    seq           INTEGER PRIMARY KEY REFERENCES record (seq),
    kind          TEXT NOT NULL,
    slot          BLOB NOT NULL,
    author        BLOB NOT NULL,
    revision      INTEGER NOT NULL,
    is_withdrawn  INTEGER NOT NULL,
    is_forked     INTEGER NOT NULL
) STRICT;

-- Most records are listings, whose slot is one author's alone: so their index is the shorter one.
-- Not of eight bytes: authors choose the beginnings, and could make all of theirs alike.
CREATE UNIQUE INDEX standing_listing ON standing (slot) WHERE kind = 'listing';
CREATE UNIQUE INDEX standing_other ON standing (author, kind, slot) WHERE kind <> 'listing';

-- Of a withdrawn endorsement only the slot tells whom it was about.
CREATE INDEX standing_revoked ON standing (substr(slot, 1, 32))
    WHERE kind = 'endorsement' AND is_withdrawn;

-- view: two records of one author at one revision: evidence that he said two things at once.
CREATE TABLE fork (
    author    BLOB NOT NULL,
    kind      TEXT NOT NULL,
    slot      BLOB NOT NULL,
    revision  INTEGER NOT NULL,
    one       INTEGER NOT NULL REFERENCES record (seq),
    other     INTEGER NOT NULL REFERENCES record (seq),
    PRIMARY KEY (author, kind, slot, revision)
) STRICT, WITHOUT ROWID;

CREATE INDEX fork_by_one ON fork (one);
CREATE INDEX fork_by_other ON fork (other);

-- view: how much of the heap is whose. Orders are not counted: they have quotas of their own.
CREATE TABLE holding (
    author   BLOB PRIMARY KEY,
    records  INTEGER NOT NULL,
    bytes    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- view: what is for sale now. `seq` is the record that stands.
CREATE TABLE listing (
    seq          INTEGER PRIMARY KEY REFERENCES record (seq),
    seller       BLOB NOT NULL,
    price_minor  INTEGER NOT NULL,
    currency     TEXT NOT NULL,
    quantity     INTEGER NOT NULL,
    region       TEXT NOT NULL,
    categories   TEXT NOT NULL,      -- each between two spaces
    made_at      INTEGER NOT NULL
) STRICT;


-- view: the tables of the words of `listing`, by its seq: `chapters.py` makes them.
CREATE TABLE chapter (
    number   INTEGER PRIMARY KEY,        -- has the arrivals from 32,768 times this on
    removed  INTEGER NOT NULL DEFAULT 0, -- listings taken out since it was last merged
    is_over  INTEGER NOT NULL DEFAULT 0  -- nothing is left of it, and nothing more comes
) STRICT;

-- view: what people say of themselves.
CREATE TABLE profile (
    person  BLOB PRIMARY KEY,
    name    TEXT NOT NULL,
    about   TEXT NOT NULL,
    region  TEXT NOT NULL,
    roles   TEXT NOT NULL            -- a space between two
) STRICT, WITHOUT ROWID;

-- view: where people's devices are.
CREATE TABLE presence (
    person      BLOB NOT NULL,
    peer        BLOB NOT NULL,
    addresses   TEXT NOT NULL,       -- multiaddrs, one a line
    expires_at  INTEGER NOT NULL,    -- Unix seconds
    PRIMARY KEY (person, peer)
) STRICT, WITHOUT ROWID;

CREATE INDEX presence_by_peer ON presence (peer);

-- view: a small number for each person who endorses, reviews, or is spoken of: opinions are many.
CREATE TABLE person (
    id   INTEGER PRIMARY KEY,
    key  BLOB NOT NULL UNIQUE
) STRICT;

-- view: who endorses whom, in which scope. The words are in the heap.
CREATE TABLE endorsement (
    rater       INTEGER NOT NULL REFERENCES person (id),
    subject     INTEGER NOT NULL REFERENCES person (id),
    role        TEXT NOT NULL,       -- the subject's; empty: as a whole
    category    TEXT NOT NULL,       -- empty: of all
    strength    TEXT NOT NULL,
    has_deal    INTEGER NOT NULL,
    made_at     INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,    -- Unix seconds
    seq         INTEGER NOT NULL REFERENCES record (seq),
    PRIMARY KEY (rater, subject, role, category)
) STRICT, WITHOUT ROWID;

CREATE INDEX endorsement_by_subject ON endorsement (subject, rater);
CREATE INDEX endorsement_warning ON endorsement (subject) WHERE strength = 'warn' AND has_deal;
CREATE INDEX endorsement_by_seq ON endorsement (seq);
CREATE INDEX endorsement_by_end ON endorsement (rater, expires_at);

-- view: what each holds of each, as endorsements and reviews make it: one row for each statement
-- that counts, so that of an endorsement and a review in one scope either can end.
CREATE TABLE opinion (
    rater       INTEGER NOT NULL REFERENCES person (id),
    subject     INTEGER NOT NULL REFERENCES person (id),
    role        TEXT NOT NULL,
    category    TEXT NOT NULL,
    expires_at  INTEGER NOT NULL,    -- Unix seconds; of a review the largest integer
    strength    REAL NOT NULL,       -- -1 to 1, of the day when it was signed
    forward     REAL NOT NULL,       -- 0 to 1, of that day
    made_at     INTEGER NOT NULL,
    sources     BLOB NOT NULL,       -- the ids of the records that prove it, one after the other
    PRIMARY KEY (rater, subject, role, category, expires_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX opinion_by_subject ON opinion (subject, rater);

-- view: who keeps letters for whom, as the recipients say.
CREATE TABLE mailbox (
    person  BLOB NOT NULL,
    place   INTEGER NOT NULL,        -- 0 is asked first
    host    BLOB NOT NULL,
    PRIMARY KEY (person, place)
) STRICT, WITHOUT ROWID;

-- view: who offers to moderate.
CREATE TABLE moderator (
    person      BLOB PRIMARY KEY,
    fee         INTEGER NOT NULL,    -- basis points of an order's total
    categories  TEXT NOT NULL,       -- each between two spaces; two spaces where there is none
    about       TEXT NOT NULL,
    made_at     INTEGER NOT NULL,
    seq         INTEGER NOT NULL REFERENCES record (seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX moderator_by_fee ON moderator (fee, person);
CREATE INDEX moderator_by_seq ON moderator (seq);

-- view: what parties say of each other. The words are in the heap.
CREATE TABLE review (
    author   BLOB NOT NULL,
    trade    BLOB NOT NULL,          -- the order's id
    about    BLOB NOT NULL,
    role     TEXT NOT NULL,          -- the author's
    count    INTEGER NOT NULL,       -- as the person it is about counted; 0 of a buyer
    rating   TEXT NOT NULL,          -- empty where there is none
    is_bare  INTEGER NOT NULL,       -- neither rating nor text: a receipt
    made_at  INTEGER NOT NULL,
    id       BLOB NOT NULL,          -- of the record
    seq      INTEGER NOT NULL REFERENCES record (seq),
    PRIMARY KEY (author, trade)
) STRICT, WITHOUT ROWID;

CREATE INDEX review_by_about ON review (about, role, count, trade);
-- Of a pair's only the latest count: found by one look each, however many there are.
CREATE INDEX review_of_pair ON review (author, about, role, rating = '', made_at DESC, id);
CREATE INDEX review_by_seq ON review (seq);

-- view: my orders, as their entries make them.
CREATE TABLE trade (
    id           BLOB PRIMARY KEY,
    role         TEXT NOT NULL,      -- mine
    buyer        BLOB NOT NULL,
    seller       BLOB NOT NULL,
    state        TEXT NOT NULL,
    since        INTEGER NOT NULL,
    deadline     INTEGER,            -- Unix seconds; NULL when it is over
    needs_word   INTEGER NOT NULL,   -- it is over, and I have not said yet that I saw it
    listing      BLOB NOT NULL,      -- the record that was ordered
    slot         BLOB NOT NULL,      -- the listing that it is a revision of
    title        TEXT NOT NULL,
    quantity     INTEGER NOT NULL,
    total_minor  INTEGER NOT NULL,
    currency     TEXT NOT NULL,
    count        INTEGER             -- the seller's running number of agreements, once given
) STRICT, WITHOUT ROWID;

CREATE INDEX trade_by_slot ON trade (slot, role);
CREATE INDEX trade_by_buyer ON trade (buyer) WHERE deadline IS NOT NULL;
CREATE INDEX trade_by_seller ON trade (seller) WHERE deadline IS NOT NULL;
CREATE INDEX trade_by_deadline ON trade (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX trade_by_word ON trade (id) WHERE needs_word;

-- view: what others did in my orders that they should not have done.
CREATE TABLE breach (
    person   BLOB NOT NULL,
    trade    BLOB NOT NULL,          -- the order's id
    wrong    TEXT NOT NULL,
    made_at  INTEGER NOT NULL,
    PRIMARY KEY (person, trade, wrong)
) STRICT, WITHOUT ROWID;

CREATE INDEX breach_by_trade ON breach (trade);

-- What we owe to somebody, and how far it has come: a promise, not a view.
CREATE TABLE outbox (
    seq        INTEGER NOT NULL REFERENCES record (seq),
    recipient  BLOB NOT NULL,
    trade      BLOB NOT NULL,        -- the order that it belongs to
    state      TEXT NOT NULL DEFAULT 'queued',
    code       TEXT NOT NULL DEFAULT '',     -- where the other side refuses it: why
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL,     -- Unix seconds; not before
    deposits   INTEGER NOT NULL DEFAULT 0,   -- how often it was left at a mailbox
    again_at   INTEGER NOT NULL DEFAULT 0,   -- Unix seconds; leave it at a mailbox again, not before
    PRIMARY KEY (recipient, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_by_trade ON outbox (trade);
CREATE INDEX outbox_by_seq ON outbox (seq);
CREATE INDEX outbox_undelivered ON outbox (next_at) WHERE state IN ('queued', 'held');

-- What became of each entry that was brought to us: what its sender is to be told.
CREATE TABLE receipt (
    sender     BLOB NOT NULL,
    record     BLOB NOT NULL,        -- the id of the entry
    trade      BLOB NOT NULL,
    token      BLOB NOT NULL,        -- of the letter
    fate       TEXT NOT NULL,
    code       TEXT NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER,              -- Unix seconds; NULL: he has been told, or it is at a mailbox
    is_held    INTEGER NOT NULL DEFAULT 0,   -- left at a mailbox: told again when we meet
    PRIMARY KEY (sender, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX receipt_by_trade ON receipt (trade);
CREATE INDEX receipt_due ON receipt (next_at) WHERE next_at IS NOT NULL;

-- Friends for whom we keep letters.
CREATE TABLE guest (
    person       BLOB PRIMARY KEY,
    quota_bytes  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Their letters, which nobody but they can open.
CREATE TABLE kept_letter (
    seq          INTEGER PRIMARY KEY,    -- the order of arrival
    id           BLOB NOT NULL UNIQUE,
    person       BLOB NOT NULL REFERENCES guest (person) ON DELETE CASCADE,
    depositor    TEXT NOT NULL,          -- libp2p peer id, base58
    is_stranger  INTEGER NOT NULL,       -- the depositor is nobody whom we know
    came_at      INTEGER NOT NULL,       -- Unix seconds, our clock
    bytes        BLOB NOT NULL
) STRICT;

CREATE INDEX kept_letter_of ON kept_letter (person, seq);
CREATE INDEX kept_letter_by_age ON kept_letter (came_at);

-- Names that I gave to people; nobody else sees them.
CREATE TABLE petname (
    name    TEXT PRIMARY KEY COLLATE NOCASE,
    person  BLOB NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

-- What I keep in mind of people: nobody else sees it.
CREATE TABLE contact (
    person      BLOB PRIMARY KEY,
    note        TEXT NOT NULL DEFAULT '',
    is_blocked  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Whom I follow. Nobody else sees it, but for the peers of who keeps a part of the market.
CREATE TABLE follow (
    person       BLOB PRIMARY KEY,
    followed_at  INTEGER NOT NULL     -- Unix seconds
) STRICT, WITHOUT ROWID;

-- What I was told of people for whom I vouch, and whether I want to see it any longer.
CREATE TABLE notice (
    person        BLOB NOT NULL,
    what          TEXT NOT NULL,
    evidence      BLOB NOT NULL,     -- the id of a record, or of an order
    is_dismissed  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (person, what, evidence)
) STRICT, WITHOUT ROWID;

-- Nodes that we have met, or were told to meet.
CREATE TABLE peer (
    id         TEXT PRIMARY KEY,     -- libp2p peer id, base58
    addresses  TEXT NOT NULL,        -- multiaddrs, one a line
    is_wanted  INTEGER NOT NULL,     -- asked for by the owner: never forgotten
    met_at     INTEGER               -- Unix seconds: the last time that we were connected
) STRICT, WITHOUT ROWID;
