"""People: what they say of themselves, who vouches for whom, my names for them."""

from __future__ import annotations

from typing import Final

from goodword.crypto.keys import PublicKey
from goodword.protocol import profile as profiles
from goodword.protocol import vouch as vouches
from goodword.protocol.errors import BadField
from goodword.protocol.fields import line
from goodword.protocol.limits import NAME_CHARS_MAX
from goodword.protocol.profile import Profile
from goodword.protocol.record import Slot
from goodword.protocol.vouch import Strength, Vouch
from goodword.storage import listings, people, records
from goodword.storage.database import Database

from . import reading, reviewing, show
from .author import Author
from .clock import Clock
from .reading import Misunderstood, NotFound, composed
from .show import Json

EXPIRES_DEFAULT: Final = "2y"
"""How long a vouch holds when nobody says: long enough to be of use, short enough to be true."""

_check_petname: Final = line(NAME_CHARS_MAX)


class Reputation:
    def __init__(self, author: Author, database: Database, me: PublicKey, clock: Clock) -> None:
        self._author = author
        self._database = database
        self._me = me
        self._clock = clock

    def set_profile(self, *, name: str, about: str = "", region: str = "") -> Json:
        """Say who I am; everybody can read it."""
        profile = Profile(name=composed(name), about=composed(about), region=composed(region))
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

    def list(self) -> Json:
        """Everybody that I named or vouch for."""
        now = self._clock()
        with self._database.reading() as db:
            named = [key for _, key in people.petnames(db)]
            vouched = [each.vouch.about for each in people.vouches_by(db, self._me, now)]
            keys = dict.fromkeys([*named, *vouched])
            return {
                "people": [
                    {
                        **show.person(db, key),
                        "is_vouched_by_me": key in vouched,
                        "vouched_by_mine": len(people.vouches_among_mine(db, self._me, key, now)),
                    }
                    for key in keys
                ]
            }

    def show(self, *, person: str) -> Json:
        """A person, who among those I vouch for vouches for her, and what speaks against her."""
        now = self._clock()
        with self._database.reading() as db:
            key = reading.person(db, person)
            profile = people.profile(db, key)
            return {
                "person": show.person(db, key),
                "about": profile.about if profile else "",
                "region": profile.region if profile else "",
                "is_me": key == self._me,
                "is_vouched_by_me": people.has_vouch(db, self._me, key, now),
                "vouched_by": [
                    show.voucher(db, each)
                    for each in people.vouches_among_mine(db, self._me, key, now)
                ],
                "vouchers": len(people.vouches_for(db, key, now)),
                "listings": len(listings.by_seller(db, key)),
                **reviewing.of_person(db, key, self._me, now),
                "said_two_things_at_once": [
                    {"one": one.hex(), "other": other.hex()}
                    for one, other in records.forks(db, key)
                ],
            }

    def vouch(
        self, *, person: str, strength: str, how: str, expires: str = EXPIRES_DEFAULT
    ) -> Json:
        """Say that I `know` or `trust` a person, and how; everybody can read it."""
        if strength not in set(Strength):
            raise Misunderstood(f"{strength!r} is no strength", "it is know or trust")
        with self._database.reading() as db:
            about = reading.person(db, person)
        vouch = Vouch(
            about=about,
            strength=Strength(strength),
            how=composed(how),
            expires_at=self._clock() + reading.duration(expires),
        )
        self._author.say(vouches.KIND, Slot(about), vouch.to_body())
        return self._my_vouch(about)

    def revoke(self, *, person: str) -> Json:
        """Take back a vouch of mine."""
        with self._database.reading() as db:
            about = reading.person(db, person)
            if not people.has_vouch(db, self._me, about, self._clock()):
                raise NotFound("you do not vouch for this person", "`goodword vouch list`")
        record = self._author.withdraw(vouches.KIND, Slot(about))
        with self._database.reading() as db:
            return {"person": show.person(db, about), "record": record.id.hex()}

    def vouches(self) -> Json:
        """Whom I vouch for, and who vouches for me."""
        now = self._clock()
        with self._database.reading() as db:
            return {
                "given": [show.voucher(db, each) for each in people.vouches_by(db, self._me, now)],
                "received": [
                    show.voucher(db, each) for each in people.vouches_for(db, self._me, now)
                ],
            }

    def _my_vouch(self, about: PublicKey) -> Json:
        with self._database.reading() as db:
            given = people.vouches_by(db, self._me, self._clock())
            return next(show.voucher(db, each) for each in given if each.vouch.about == about)
