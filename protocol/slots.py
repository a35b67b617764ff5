"""Which record stands for a slot: highest revision, then lowest id, and a final withdrawal last.

The order is total, so that whatever arrives in whatever order, everybody keeps the same.
"""

from __future__ import annotations

from typing import NamedTuple

from .errors import StaleRevision, Withdrawn
from .kinds import Kind
from .record import Record, RecordId


class Standing(NamedTuple):
    """What we have of a slot."""

    id: RecordId
    revision: int
    is_withdrawn: bool
    is_forked: bool
    """Two records of this revision are here already: the author said two things at once."""


def takes(kind: Kind, standing: Standing | None, record: Record) -> bool:
    """Whether `record` becomes what stands; False where it is kept as evidence only.

    Raises:
        Withdrawn: the slot is closed for ever.
        StaleRevision: what we have is newer, or proof enough of two at one revision.
    """
    if standing is None:
        return True
    if kind.is_withdrawal_final and standing.is_withdrawn != record.is_withdrawal:
        # SPEC 2.5: "A final withdrawal stands above every revision"
        if standing.is_withdrawn:
            raise Withdrawn(kind=record.kind)
        return True
    if record.revision > standing.revision:
        return True
    # SPEC 2.5: "of two records at one revision the one of lower id stands"
    is_lower = record.revision == standing.revision and record.id < standing.id
    if not is_lower and (record.revision < standing.revision or standing.is_forked):
        raise StaleRevision(revision=record.revision, current=standing.revision)
    return is_lower


def is_fork(kind: Kind, standing: Standing | None, record: Record) -> bool:
    """Whether the two prove that their author said two things at one revision.

    A final withdrawal contradicts nothing, whatever its revision: it stands above all of them.
    """
    if standing is None or standing.revision != record.revision:
        return False
    return not (kind.is_withdrawal_final and standing.is_withdrawn != record.is_withdrawal)
