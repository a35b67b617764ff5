"""Words: what a judgement and the voices behind it come to, for a person to act on."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from .trust import Judgement
from .voices import Voices

GOOD: Final = 0.2
"""The score above which there is reason to trust. Of real ratings one in fourteen was bad there."""
VOICES_MIN: Final = 2
"""One voice is never enough to avoid somebody, nor to call him known: a friend can be fooled."""


class Word(StrEnum):
    AVOID = "avoid"
    WARNED = "warned"
    KNOWN_GOOD = "known, good"
    SOME_REASON = "some reason"
    LITTLE_KNOWN = "little known"
    NO_OPINION = "no opinion"


def word(judgement: Judgement, voices: Voices) -> Word:
    """My own experience needs no second voice: where I trust or distrust, that is the word."""
    if not judgement.counted:
        return Word.NO_OPINION
    if judgement.score < 0:
        is_enough = judgement.is_avoided or voices.against >= VOICES_MIN
        return Word.AVOID if is_enough else Word.WARNED
    if judgement.score <= GOOD:
        return Word.LITTLE_KNOWN
    is_known = voices.support >= VOICES_MIN and not voices.against
    is_good = not judgement.against and (judgement.is_trusted or is_known)
    return Word.KNOWN_GOOD if is_good else Word.SOME_REASON
