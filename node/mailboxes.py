"""Mailboxes: for whom I keep letters, and who keeps mine."""

from __future__ import annotations

from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import mailbox as kinds
from goodword.protocol.limits import MAILBOX_HOSTS_MAX
from goodword.protocol.mailbox import Mailbox
from goodword.storage import mailboxes
from goodword.storage.database import Database

from . import reading, show
from .author import Author
from .reading import Misunderstood, NotFound
from .show import Json

QUOTA_BYTES: Final = 1_000_000
"""For one guest: some 700 letters of usual size."""
QUOTA_BYTES_MIN: Final = 300_000
"""One peer may take a quarter of it (mailroom.py), and the largest letter must find room."""
QUOTA_BYTES_MAX: Final = 1_000_000_000
GUESTS_MAX: Final = 256
"""People for whom one node keeps letters; with the usual quota 256 MB at most."""


class Mailboxes:
    def __init__(self, author: Author, database: Database, me: PublicKey) -> None:
        self._author = author
        self._database = database
        self._me = me

    def host(self, *, person: str, quota: str = "") -> Json:
        """Keep letters for somebody while her node is off: 1MB, unless told."""
        size = reading.size(quota) if quota else QUOTA_BYTES
        if not QUOTA_BYTES_MIN <= size <= QUOTA_BYTES_MAX:
            raise Misunderstood(f"a quota of {size} bytes", "it is 300kB to 1GB")
        with self._database.transaction() as db:
            guest = reading.person(db, person)
            if guest == self._me:
                raise Misunderstood("these are your own letters", "they come to your node anyway")
            guests = {each.person for each in mailboxes.guests(db)}
            if len(guests | {guest}) > GUESTS_MAX:
                raise Misunderstood(
                    f"letters of {GUESTS_MAX} people are kept here", "`goodword mailbox evict`"
                )
            mailboxes.welcome(db, guest, size)
        return self.show()

    def evict(self, *, person: str) -> Json:
        """Keep no letters for somebody any more; those that are here are dropped."""
        with self._database.transaction() as db:
            guest = reading.person(db, person)
            if not mailboxes.evict(db, guest):
                raise NotFound(f"no letters are kept here for {person}")
        return self.show()

    def use(self, *, people: list[str]) -> Json:
        """Say who keeps my letters while my node is off; who is named first is asked first."""
        with self._database.reading() as db:
            hosts = tuple(dict.fromkeys(reading.person(db, each) for each in people))
        if not 1 <= len(hosts) <= MAILBOX_HOSTS_MAX:
            raise Misunderstood(f"{len(hosts)} people", f"name 1 to {MAILBOX_HOSTS_MAX}")
        self._author.say(kinds.KIND, kinds.SLOT, Mailbox(hosts=hosts).to_body())
        return self.show()

    def leave(self) -> Json:
        """Say that nobody keeps my letters any more."""
        with self._database.reading() as db:
            if not mailboxes.hosts(db, self._me):
                raise NotFound("nobody keeps your letters", "`goodword mailbox use PERSON`")
        self._author.withdraw(kinds.KIND, kinds.SLOT)
        return self.show()

    def show(self) -> Json:
        """Who keeps my letters; for whom I keep some, and how many."""
        with self._database.reading() as db:
            return {
                "hosts": [show.person(db, each) for each in mailboxes.hosts(db, self._me)],
                "guests": [
                    {
                        "person": show.person(db, each.person),
                        "quota_bytes": each.quota_bytes,
                        "letters": each.letters,
                        "bytes": each.bytes,
                        "oldest_at": each.oldest_at,
                    }
                    for each in mailboxes.guests(db)
                ],
            }
