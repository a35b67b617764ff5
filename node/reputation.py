"""People: what they say of themselves, and what I keep of them: names, notes, whom I blocked."""

from __future__ import annotations

from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import profile as profiles
from goodword.protocol.errors import BadField
from goodword.protocol.fields import line, prose
from goodword.protocol.limits import ABOUT_CHARS_MAX, NAME_CHARS_MAX
from goodword.protocol.profile import Profile
from goodword.protocol.record import Slot
from goodword.storage import endorsements, findings, listings, people, records
from goodword.storage.database import Database
from goodword.storage.people import Contact

from . import notices, reading, reviewing, show
from .author import Author
from .clock import Clock
from .reading import Misunderstood, NotFound, composed
from .show import Json

_check_petname: Final = line(NAME_CHARS_MAX)
_check_note: Final = prose(ABOUT_CHARS_MAX)


class Reputation:
    def __init__(self, author: Author, database: Database, me: PublicKey, clock: Clock) -> None:
        self._author = author
        self._database = database
        self._me = me
        self._clock = clock

    def set_profile(
        self, *, name: str, about: str = "", region: str = "", roles: list[str] | None = None
    ) -> Json:
        """Say who I am, all of it: what is not named is left out. Everybody can read it."""
        profile = Profile(
            name=composed(name),
            about=composed(about),
            region=composed(region),
            roles=reading.parts(roles or []),
        )
        self._author.say(profiles.KIND, Slot(profiles.SLOT), profile.to_body())
        return self.show_profile()

    def show_profile(self, *, person: str = "") -> Json:
        """What a person says of herself; mine, where nobody is named."""
        with self._database.reading() as db:
            key = reading.person(db, person) if person else self._me
            profile = people.profile(db, key)
            return {
                "person": show.person(db, key),
                "about": profile.about if profile else "",
                "region": profile.region if profile else "",
                "roles": list(profile.roles) if profile else [],
            }

    def name(self, *, person: str, petname: str) -> Json:
        """Call a person by a name of my own, which commands accept and nobody else sees."""
        petname = composed(petname)
        try:
            _check_petname("petname", petname)
        except BadField as error:
            raise Misunderstood(str(error)) from error
        if petname.lower().startswith(reading.ADDRESS_START):
            raise Misunderstood("a petname must not look like an address", "choose another name")
        with self._database.transaction() as db:
            key = reading.person(db, person)
            holder = people.named(db, petname)
            if holder not in (None, key):
                raise Misunderstood(
                    f"{petname!r} is another person's petname already",
                    "`goodword person forget NAME` frees it",
                )
            people.name(db, key, petname)
            return show.person(db, key)

    def forget(self, *, petname: str) -> Json:
        """Take back a name that I gave."""
        with self._database.transaction() as db:
            if not people.forget(db, composed(petname)):
                raise NotFound(f"nobody is called {petname!r} here", "`goodword person list`")
        return {"petname": petname}

    def note(self, *, person: str, text: str) -> Json:
        """Keep a note on a person, which nobody else sees; an empty one forgets it."""
        text = composed(text)
        try:
            _check_note("note", text)
        except BadField as error:
            raise Misunderstood(str(error)) from error
        return self._keep_in_mind(person, note=text)

    def block(self, *, person: str) -> Json:
        """Let no new order of a person in; she is not told, and what is under way goes on."""
        return self._keep_in_mind(person, is_blocked=True)

    def unblock(self, *, person: str) -> Json:
        """Let new orders of a person in again."""
        return self._keep_in_mind(person, is_blocked=False)

    def list(self) -> Json:
        """Everybody that I named, vouch for, keep a note on or blocked."""
        now = self._clock()
        with self._database.reading() as db:
            named = [key for _, key in people.petnames(db)]
            given = endorsements.by(db, self._me, now)
            vouched = [each.said.about for each in given if each.said.is_vouch]
            keys = dict.fromkeys([*named, *vouched, *people.contacts(db)])
            return {
                "people": [
                    {
                        **show.person(db, key),
                        "is_vouched_by_me": key in vouched,
                        "vouched_by_mine": len(
                            {
                                each.rater
                                for each in endorsements.about_by_mine(db, self._me, key, now)
                                if each.said.is_vouch
                            }
                        ),
                        "is_blocked": people.contact(db, key).is_blocked,
                    }
                    for key in keys
                ]
            }

    def show(self, *, person: str) -> Json:
        """A person, what those I vouch for say of her, and what speaks against her."""
        now = self._clock()
        with self._database.reading() as db:
            key = reading.person(db, person)
            profile = people.profile(db, key)
            contact = people.contact(db, key)
            heard = endorsements.about_by_mine(db, self._me, key, now)
            mine = endorsements.of_pair(db, self._me, key, now)
            vouchers, warners = endorsements.count_about(db, key, now)
            return {
                "person": show.person(db, key),
                "about": profile.about if profile else "",
                "region": profile.region if profile else "",
                "roles": list(profile.roles) if profile else [],
                "note": contact.note,
                "is_blocked": contact.is_blocked,
                "is_me": key == self._me,
                "is_vouched_by_me": endorsements.has_vouch(db, self._me, key, now),
                "said_by_me": [show.endorsed(db, each) for each in mine],
                "vouched_by": [show.endorsed(db, each) for each in heard if each.said.is_vouch],
                "warned_by": [show.endorsed(db, each) for each in heard if not each.said.is_vouch],
                "vouchers": vouchers,
                "warners": warners,
                "listings": len(listings.by_seller(db, key)),
                **reviewing.of_person(db, key, self._me, now),
                "said_two_things_at_once": [
                    {"one": one.hex(), "other": other.hex()}
                    for one, other in records.forks(db, key)
                ],
                "broken_orders": [
                    notices.broken(each) for each in findings.against(db, key) if each.order
                ],
            }

    def _keep_in_mind(
        self, person: str, *, note: str | None = None, is_blocked: bool | None = None
    ) -> Json:
        with self._database.transaction() as db:
            key = reading.person(db, person)
            if key == self._me:
                raise Misunderstood("this is you", "name somebody else")
            before = people.contact(db, key)
            after = Contact(
                note=before.note if note is None else note,
                is_blocked=before.is_blocked if is_blocked is None else is_blocked,
            )
            people.keep_in_mind(db, key, after)
            return {**show.person(db, key), "note": after.note, "is_blocked": after.is_blocked}
