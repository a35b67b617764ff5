"""A mailbox: which friends' nodes keep a person's letters while her own is off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from goodword.crypto.keys import PublicKey

from . import fields
from .errors import BadField
from .fields import Field, Schema
from .limits import MAILBOX_HOSTS_MAX
from .record import Body, Record, Slot

KIND: Final = "mailbox"
SLOT: Final = Slot(b"")
"""A person has one list of hosts."""

SCHEMA: Final[Schema] = {
    "hosts": Field(fields.listed(fields.public_key, MAILBOX_HOSTS_MAX)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    hosts: tuple[PublicKey, ...]
    """Those who are asked first come first."""

    def to_body(self) -> Body:
        return {"hosts": list(self.hosts)}


def read(record: Record) -> Mailbox:
    """The mailbox in an admitted record that is not a withdrawal."""
    body = cast("dict[str, object]", record.body)
    return Mailbox(hosts=tuple(cast("list[PublicKey]", body["hosts"])))


def check(record: Record) -> None:
    """What the fields alone do not show. Raises BadField."""
    hosts = read(record).hosts
    # SPEC 3.7: "There is at least one host, none is named twice"
    if not hosts or len(set(hosts)) != len(hosts):
        raise BadField(field="hosts", why="must be at least one, and each once")
    if record.author in hosts:
        raise BadField(field="hosts", why="nobody keeps her own letters for herself")
