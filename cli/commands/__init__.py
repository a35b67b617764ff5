"""Every command, as rows of one table: noun, verb, what it takes, what it asks the node."""

from __future__ import annotations

from typing import Final

from . import (
    bundles,
    circle,
    completion,
    endorsements,
    evidence,
    home,
    keep,
    listings,
    mailboxes,
    moderators,
    node,
    notices,
    orders,
    people,
    reviews,
    sync,
    trust,
)

COMMANDS: Final = (
    *home.COMMANDS,
    *node.COMMANDS,
    *sync.COMMANDS,
    *people.COMMANDS,
    *endorsements.COMMANDS,
    *circle.COMMANDS,
    *notices.COMMANDS,
    *listings.COMMANDS,
    *orders.COMMANDS,
    *evidence.COMMANDS,
    *moderators.COMMANDS,
    *reviews.COMMANDS,
    *trust.COMMANDS,
    *mailboxes.COMMANDS,
    *keep.COMMANDS,
    *bundles.COMMANDS,
    *completion.COMMANDS,
)
