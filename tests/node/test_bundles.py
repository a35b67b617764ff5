"""Bundles: by file goes what is public, no more; and in it comes as by gossip."""

from __future__ import annotations

import os
import resource
import stat
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest
import trio
import trio.testing

from goodword.crypto.address import to_address
from goodword.node.aside import QUIET_SECONDS, Aside
from goodword.node.bundles import SCOPES
from goodword.node.home import HomeError
from goodword.node.reading import Misunderstood, NotFound
from goodword.protocol import bundle
from goodword.protocol.errors import NewerBundle, NotABundle
from goodword.protocol.kinds import KINDS
from goodword.protocol.limits import DAY
from goodword.protocol.record import Record, parse
from goodword.storage.database import Transaction
from tests.make import (
    ANN,
    BEN,
    CHEN,
    DAI,
    NOW,
    contract,
    fresh,
    listing,
    mailbox,
    moderator,
    presence,
    profile,
    propose,
    review,
    vouch,
    warning,
    withdrawal,
)
from tests.world import Shown, Trader, traders

EVE = fresh("Eve")
DAI_ADDRESS = to_address(DAI.public_key)

BOWL = listing(BEN, title="bowl", categories=["ceramics"], region="DE-BE", nonce=b"1" * 16)
JAR = listing(BEN, title="jar", categories=["glass"], region="DE-HH", nonce=b"2" * 16)
GONE = listing(BEN, title="gone", nonce=b"3" * 16)
NO_MORE = withdrawal(GONE, BEN)
TEA = listing(DAI, title="tea", categories=["tea"], region="CN", nonce=b"4" * 16)

BEN_HIMSELF = [
    profile(BEN, name="Ben"),
    presence(BEN),
    mailbox(BEN),
    moderator(BEN),
    vouch(BEN, CHEN.public_key),
    review(BEN, DAI, order="of tea"),
]
FORK = sorted(
    (profile(CHEN, name=name, revision=5) for name in ("Chen", "Chan")), key=lambda each: each.id
)
OF_BEN = [
    vouch(CHEN, BEN.public_key),
    review(CHEN, BEN, order="of jam", text="good jam"),
    warning(EVE, BEN.public_key),
]
OVER = vouch(EVE, CHEN.public_key, seconds=DAY, now=NOW - DAY + 60)
OTHERS = [
    *FORK,
    profile(DAI, name="Dai"),
    profile(EVE, name="Eve"),
    vouch(ANN, CHEN.public_key),
    vouch(DAI, EVE.public_key),
    review(EVE, DAI, order="of rice"),
]
ORDER = propose(contract(BOWL))

KNOWN = [BOWL, JAR, GONE, NO_MORE, TEA, *BEN_HIMSELF, *OF_BEN, OVER, *OTHERS, ORDER]
"""What Ann has learned; and she bought a bowl of Ben."""


@pytest.fixture
def ann(tmp_path: Path) -> Generator[Trader]:
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(*KNOWN)
        ann.watch.forward(120)  # what Eve said of Chen is over
        ann.circle.follow(person=DAI_ADDRESS)
        ann.reputation.name(person=DAI_ADDRESS, petname="Potter")
        ann.reputation.note(person=DAI_ADDRESS, text="he is always late")
        ann.reputation.block(person=to_address(EVE.public_key))
        yield ann


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stick"


def held(file: Path) -> list[Record]:
    with file.open("rb") as source:
        return [parse(data) for batch in bundle.read(source.read) for data in batch]


def ids(*made: Record) -> list[str]:
    return sorted(each.id.hex() for each in made)


async def written(by: Trader, file: Path, *scopes: str) -> list[str]:
    """The ids of what a bundle of these scopes holds."""
    told = await by.bundles.write(file=str(file), scope=list(scopes))
    found = held(file)
    assert told == {"file": str(file), "records": len(found), "bytes": file.stat().st_size}
    return ids(*found)


BEN_WHOLE = [BOWL, JAR, NO_MORE, *BEN_HIMSELF, *OF_BEN]
CHEN_WHOLE = [*FORK, OF_BEN[0], OF_BEN[1]]
DAI_WHOLE = [TEA, OTHERS[2], OTHERS[5], BEN_HIMSELF[5], OTHERS[6]]
ANN_WHOLE = [OTHERS[4]]


SCOPED = {
    "all": [each for each in KNOWN if each not in (GONE, ORDER, OVER)],
    "mine": ANN_WHOLE,
    f"person:{DAI_ADDRESS}": DAI_WHOLE,
    "person:Potter": DAI_WHOLE,
    "circle": [*ANN_WHOLE, *CHEN_WHOLE, *DAI_WHOLE],
    "near": [*ANN_WHOLE, *CHEN_WHOLE, *BEN_WHOLE],
    "category:Ceramics": [BOWL, *BEN_HIMSELF, *OF_BEN],
    "region:DE": [BOWL, JAR, *BEN_HIMSELF, *OF_BEN],
    "region:DE-H": [JAR, *BEN_HIMSELF, *OF_BEN],
    "category:glass, region:CN": [JAR, *BEN_HIMSELF, *OF_BEN, *DAI_WHOLE],
    "mine,person:Potter": [*ANN_WHOLE, *DAI_WHOLE],
}


@pytest.mark.parametrize("scopes", SCOPED)
async def test_a_scope_is_what_it_says(ann: Trader, file: Path, scopes: str) -> None:
    assert await written(ann, file, scopes) == sorted(set(ids(*SCOPED[scopes])))


async def test_several_scopes_are_put_together(ann: Trader, file: Path) -> None:
    assert await written(ann, file, "mine", "person:Potter") == ids(*ANN_WHOLE, *DAI_WHOLE)


async def test_what_is_not_for_everybody_never_goes_in(ann: Trader, file: Path) -> None:
    """Neither orders, nor what Ann keeps of people: names, notes, whom she follows or blocked."""
    for n, scope in enumerate(
        ["all", "mine", "circle", "near", f"person:{DAI_ADDRESS}", "region:DE"]
    ):
        path = file.with_name(f"stick{n}")
        await ann.bundles.write(file=str(path), scope=[scope])
        data = path.read_bytes()
        assert all(KINDS[each.kind].is_public for each in held(path))
        assert ORDER.id not in {each.id for each in held(path)}
        for private in (b"Potter", b"always late", ORDER.slot):
            assert private not in data, scope


async def test_endorsements_come_first(ann: Trader, file: Path) -> None:
    await written(ann, file, "all")
    kinds = [each.kind == "endorsement" for each in held(file)]
    assert kinds == sorted(kinds, reverse=True)
    assert kinds[0]


async def test_nothing_is_overwritten_and_nobody_else_reads_it(ann: Trader, file: Path) -> None:
    await written(ann, file, "all")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(HomeError, match="exists"):
        await ann.bundles.write(file=str(file), scope=["mine"])
    assert file.read_bytes() == before


@pytest.mark.parametrize("scope", ["", "everything", "person", "shop:Ben", "region:", "ALL"])
async def test_what_is_no_scope_names_those_there_are(ann: Trader, file: Path, scope: str) -> None:
    with pytest.raises(Misunderstood, match="is no scope") as told:
        await ann.bundles.write(file=str(file), scope=["mine", scope])
    assert SCOPES in told.value.hint
    assert not file.exists()


async def test_an_empty_bundle_is_not_written(ann: Trader, file: Path) -> None:
    with pytest.raises(NotFound, match="nothing public"):
        await ann.bundles.write(file=str(file), scope=["category:boats"])
    with pytest.raises(NotFound, match="nobody is called"):
        await ann.bundles.write(file=str(file), scope=["person:Nobody"])
    with pytest.raises(Misunderstood, match="0 scopes"):
        await ann.bundles.write(file=str(file), scope=[])
    assert [each.name for each in file.parent.iterdir() if "stick" in each.name] == []


async def test_a_full_disk_is_said_and_leaves_nothing(ann: Trader, file: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(OSError, match=f"cannot write {file}: File too large"):
            await ann.bundles.write(file=str(file), scope=["all"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [each.name for each in file.parent.iterdir() if "stick" in each.name] == []


# --- reading -----------------------------------------------------------------------------------


async def test_what_was_written_comes_in_elsewhere(ann: Trader, file: Path) -> None:
    await written(ann, file, "all")
    with traders(file.parent, [EVE], ann.watch) as (eve,):
        told = await eve.bundles.read(file=str(file))
        assert told == read_as(file, kept=len(held(file)))
        again = await eve.bundles.read(file=str(file))
        assert again == read_as(file, known=len(held(file)))
        assert {each["title"] for each in eve.listings(to_address(BEN.public_key))} == {
            "bowl",
            "jar",
        }


def read_as(file: Path, **counts: object) -> Shown:
    return {"file": str(file), "kept": 0, "known": 0, "refused": {}, "damage": None, **counts}


def make_bundle(file: Path, *made: Record | bytes) -> None:
    records = [each if isinstance(each, bytes) else each.to_bytes() for each in made]
    file.write_bytes(b"".join(bundle.write(records)))


async def test_each_refusal_is_counted_by_its_code(ann: Trader, file: Path) -> None:
    """The door is the same: an order does not come in, nor what is forged, stale or over."""
    forged = bytearray(listing(DAI, title="cup", nonce=b"9" * 16).to_bytes())
    forged[-1] ^= 1
    make_bundle(
        file, BOWL, GONE, bytes(forged), ORDER, OVER, b"no record", profile(BEN, revision=9)
    )
    told = await ann.bundles.read(file=str(file))
    assert told == read_as(
        file,
        kept=1,
        known=1,
        refused={
            "endorsement.expired": 1,
            "record.bad_signature": 1,
            "record.malformed": 1,
            "record.unknown_kind": 1,
            "record.withdrawn": 1,
        },
    )


async def test_what_stands_before_the_damage_is_kept(ann: Trader, file: Path) -> None:
    made = [listing(DAI, title=str(n), nonce=n.to_bytes(16, "big")) for n in range(1, 101)]
    make_bundle(file, *made)
    end = file.stat().st_size - 200
    os.truncate(file, end)
    told = await ann.bundles.read(file=str(file))
    assert told["kept"] == 99
    assert told["damage"] == {
        "code": "bundle.damaged",
        "message": f"the bundle is damaged at byte {end}: the file ends here, before its end mark",
        "hint": "copy the file again, and read it again: what is here is known then",
        "at": end,
    }


async def test_what_is_no_bundle_is_said_to_be_none(ann: Trader, file: Path) -> None:
    for data in (b"", b"goodword-backup1" + bytes(99)):
        file.write_bytes(data)
        with pytest.raises(NotABundle):
            await ann.bundles.read(file=str(file))
    file.write_bytes(bundle.MAGIC + b"\0\0\0\2")
    with pytest.raises(NewerBundle, match="version 2"):
        await ann.bundles.read(file=str(file))


async def test_a_file_that_cannot_be_read_is_named(ann: Trader, file: Path) -> None:
    os.mkfifo(file)
    for path in (file, file.parent / "nothing", file.parent):
        with pytest.raises(OSError, match=f"cannot read {path}: "):
            await ann.bundles.read(file=str(path))
    with pytest.raises(Misunderstood, match="absolute"):
        await ann.bundles.read(file="stick")
    with pytest.raises(Misunderstood, match="absolute"):
        await ann.bundles.write(file="stick", scope=["all"])


async def test_a_large_shop_of_a_friends_friend_comes_in_whole(tmp_path: Path) -> None:
    """The word for it is in the same file: a stranger has no room for 600."""
    file = tmp_path / "stick"
    shop = [listing(BEN, title="cup", nonce=n.to_bytes(16, "big")) for n in range(1, 601)]
    with traders(tmp_path, [ANN]) as (ann,):
        ann.admit(vouch(ANN, CHEN.public_key))
        make_bundle(file, vouch(CHEN, BEN.public_key), *shop)
        assert await ann.bundles.read(file=str(file)) == read_as(file, kept=601)


async def test_others_are_answered_while_a_bundle_is_read(tmp_path: Path) -> None:
    """After each batch somebody else has a turn, before the next."""
    file = tmp_path / "stick"
    people = [fresh(f"seller {n}") for n in range(20)]
    made = [
        listing(each, title="cup", nonce=n.to_bytes(16, "big"))
        for each in people
        for n in range(90)
    ]
    make_bundle(file, *made)
    waits: list[float] = []
    with traders(tmp_path, [ANN]) as (ann,):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_ask, ann, waits)
            assert (await ann.bundles.read(file=str(file)))["kept"] == len(made)
            nursery.cancel_scope.cancel()
    assert len(waits) >= len(made) // bundle.BATCH_RECORDS
    assert sorted(waits)[len(waits) // 2] < 0.05


async def test_a_search_under_way_ends_before_the_next_batch(tmp_path: Path) -> None:
    """It goes first, but cannot stop a bundle for ever."""
    over = threading.Event()

    def search(_: Transaction) -> bool:
        return over.wait(5)

    with traders(tmp_path, [ANN]) as (ann,):
        aside = Aside(ann.reader)
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(aside.read, search)
                await trio.testing.wait_all_tasks_blocked()
                before = trio.current_time()
                await aside.quiet()
                assert trio.current_time() - before >= QUIET_SECONDS
                over.set()
        with trio.fail_after(QUIET_SECONDS):
            await aside.quiet()


async def _ask(of: Trader, waits: list[float]) -> None:
    while True:
        before = time.monotonic()
        await trio.lowlevel.checkpoint()
        of.reputation.list()
        waits.append(time.monotonic() - before)
