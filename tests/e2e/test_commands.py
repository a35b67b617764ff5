"""Every command against a live node: once as it should be, once as it should not.

A row names things of the market below in braces: {listing}, {ben}, {proposed}, {dead}.
"""

from __future__ import annotations

import json
import selectors
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from goodword.cli.commands import COMMANDS
from goodword.cli.failure import DISK, INTERRUPTED, NO_NETWORK, NOT_RUNNING, OK, REFUSED, USAGE
from goodword.cli.parser import NOUNS
from goodword.crypto.address import to_address
from goodword.node.home import Home
from goodword.node.intake import Intake
from goodword.storage.database import Database
from tests import make
from tests.e2e.street import Street, offer, order_in, sees
from tests.nodes import Json, Node, environment, folder, goodword

pytestmark = pytest.mark.xdist_group("commands")

ANN, BEN, CHEN, NOBODY, NEW = "ann", "ben", "chen", "nobody", "new"
"""In whose home: Ann sells, Ben buys, Chen moderates, nobody's node is stopped, a new home is not
there yet."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is typed in whose home, how it ends, and a piece of what is then said."""

    home: str
    words: str
    code: int
    said: str

    @property
    def noun(self) -> str:
        return self.words.split()[0]

    @property
    def verb(self) -> str:
        return self.words.split()[1] if self.noun in NOUNS else ""


CASES: Final = (
    Case(NEW, "init --no-passphrase --name Eve", OK, "you are gw1"),
    Case(ANN, "init --no-passphrase", REFUSED, "somebody lives in"),
    Case(NEW, "init", USAGE, "needs a passphrase"),
    Case(ANN, "start", REFUSED, "already running"),
    Case(NOBODY, "start --listen nonsense", USAGE, "nonsense"),
    Case(ANN, "backup {folder}/backup --passphrase-file {passphrase}", OK, "written: "),
    Case(ANN, "backup {passphrase} --passphrase-file {passphrase}", REFUSED, "exists"),
    Case(NEW, "restore {archive} --passphrase-file {passphrase}", OK, "restored: "),
    Case(ANN, "restore {archive} --passphrase-file {passphrase}", REFUSED, "is not empty"),
    Case(ANN, "doctor", OK, "sound: "),
    Case(ANN, "doctor --rebuild", REFUSED, "stop it, then rebuild"),
    Case(ANN, "status", OK, "letters waiting"),
    Case(NOBODY, "status", NOT_RUNNING, "no node is running"),
    Case(ANN, "peers", OK, "12D3KooW"),
    Case(NEW, "peers", NOT_RUNNING, "nobody lives at"),
    Case(BEN, "sync", OK, "remaining"),
    Case(BEN, "sync --watch", OK, "remaining"),
    Case(NOBODY, "sync --watch", NOT_RUNNING, "no node is running"),
    Case(BEN, "sync everything", USAGE, "unrecognized arguments"),
    Case(BEN, "connect {address}", OK, "connected to 12D3KooW"),
    Case(BEN, "connect {dead}", NO_NETWORK, "no connection to"),
    Case(BEN, "connect nowhere", USAGE, "is not the address of a node"),
    Case(BEN, "record show {record}", OK, "signature"),
    Case(BEN, "record show 00000000", REFUSED, "no record 00000000 is here"),
    Case(NOBODY, "watch", NOT_RUNNING, "no node is running"),
    Case(ANN, "api", OK, "order.place"),
    Case(ANN, "api please", USAGE, "unrecognized arguments"),
    Case(BEN, "person name {nobody} Baker", OK, "Baker is gw1"),
    Case(BEN, "person name gw1nobody Potter", REFUSED, "gw1nobody"),
    Case(BEN, "person show Baker", OK, "did:key:"),
    Case(BEN, "person show Potter", REFUSED, "nobody is called 'Potter'"),
    Case(BEN, "person list", OK, "Baker"),
    Case(BEN, "person list all", USAGE, "unrecognized arguments"),
    Case(BEN, "vouch for Annie --how neighbours --strength trust", OK, "you vouch for Annie"),
    Case(BEN, "vouch for {ben} --how myself", REFUSED, "nobody endorses herself"),
    Case(BEN, "vouch list", OK, "you vouch for"),
    Case(BEN, "trust show Annie", OK, "reason strength"),
    Case(BEN, "trust show Annie --for king", USAGE, "invalid choice"),
    Case(BEN, "trust graph Annie --for seller --svg {folder}/chen.svg", OK, "drawn: "),
    Case(BEN, "trust graph Annie --svg {passphrase}", REFUSED, "exists"),
    Case(BEN, "trust graph Annie --svg {folder}/none/chen.svg", DISK, "cannot write"),
    Case(BEN, "person note Baker early", OK, "your note on Baker"),
    Case(BEN, "person note Potter early", REFUSED, "nobody is called 'Potter'"),
    Case(BEN, "person block Baker", OK, "no new order of Baker comes in"),
    Case(BEN, "person block {ben}", USAGE, "this is you"),
    Case(BEN, "person unblock Baker", OK, "new orders of Baker come in again"),
    Case(BEN, "person unblock Potter", REFUSED, "nobody is called 'Potter'"),
    Case(BEN, "warn about Annie --because late --for seller", OK, "you warn of Annie as seller"),
    Case(BEN, "warn about {ben} --because late", REFUSED, "nobody endorses herself"),
    Case(BEN, "warn revoke Annie", OK, "you do not warn of Annie as seller any more"),
    Case(BEN, "warn revoke Annie", REFUSED, "you do not warn of this person"),
    Case(NOBODY, "vouch list", NOT_RUNNING, "no node is running"),
    Case(BEN, "mailbox host Annie --quota 2MB", OK, "of 2 MB"),
    Case(BEN, "mailbox host Annie --quota much", USAGE, "is not a size"),
    Case(BEN, "mailbox use Annie", OK, "your letters are kept by Annie"),
    Case(BEN, "mailbox use {ben}", REFUSED, "hosts: "),
    Case(BEN, "mailbox show", OK, "you keep letters for"),
    Case(NOBODY, "mailbox show", NOT_RUNNING, "no node is running"),
    Case(BEN, "mailbox leave", OK, "nobody keeps your letters"),
    Case(BEN, "mailbox leave", REFUSED, "nobody keeps your letters"),
    Case(BEN, "mailbox evict Annie", OK, "you keep letters for nobody"),
    Case(BEN, "mailbox evict Annie", REFUSED, "no letters are kept here for Annie"),
    Case(BEN, "vouch revoke Annie", OK, "you do not vouch for Annie any more"),
    Case(BEN, "vouch revoke Potter", REFUSED, "nobody is called 'Potter'"),
    Case(BEN, "follow Annie", OK, "you follow Annie"),
    Case(BEN, "follow {ben}", USAGE, "this is you"),
    Case(BEN, "feed --kind listing", OK, "Annie offers 手工茶碗"),
    Case(BEN, "feed --since soon", USAGE, "is not a duration"),
    Case(BEN, "notice list", OK, "nothing is known against anybody"),
    Case(NOBODY, "notice list", NOT_RUNNING, "no node is running"),
    Case(BEN, "notice dismiss", OK, "0 notices dismissed"),
    Case(BEN, "notice dismiss 00000000", REFUSED, "no notice 00000000 is here"),
    Case(BEN, "unfollow Annie", OK, "you do not follow Annie any more"),
    Case(BEN, "unfollow Annie", REFUSED, "you do not follow this person"),
    Case(BEN, "person forget Baker", OK, "nobody is called Baker any more"),
    Case(BEN, "person forget Potter", REFUSED, "nobody is called 'Potter'"),
    Case(ANN, "profile set --name Ann --region Berlin --role seller", OK, "Berlin"),
    Case(ANN, "profile set", USAGE, "--name"),
    Case(BEN, "profile show {ann}", OK, "Ann"),
    Case(BEN, "profile show Potter", REFUSED, "nobody is called 'Potter'"),
    Case(ANN, "listing new --title Cup --price '9 EUR' --region Berlin", OK, "published: "),
    Case(ANN, "listing new --title Cup --price cheap", USAGE, "write it as '12.50 EUR'"),
    Case(ANN, "listing revise {other} --price '8.50 EUR'", OK, "8.50 EUR"),
    Case(BEN, "listing revise {other} --price '1 EUR'", REFUSED, "another person's listing"),
    Case(ANN, "listing withdraw {other}", OK, "withdrawn: "),
    Case(ANN, "listing withdraw {other}", REFUSED, "no listing"),
    Case(BEN, "listing list {ann}", OK, "手工茶碗"),
    Case(BEN, "listing list Potter", REFUSED, "nobody is called 'Potter'"),
    Case(BEN, "listing show {listing}", OK, "goodword order place"),
    Case(BEN, "listing show 00", USAGE, "too short"),
    Case(BEN, "listing search 茶碗 --sort price", OK, "手工茶碗"),
    Case(BEN, "listing search bowl --sort luck", USAGE, "invalid choice"),
    Case(BEN, "listing search 茶碗 --max-price '24 EUR'", OK, "手工茶碗"),
    Case(BEN, "listing search 茶碗 --limit 0", USAGE, "a limit of 0"),
    Case(BEN, "listing search 茶碗 --sort price", OK, "手工茶碗"),
    Case(BEN, "listing search 茶碗 --sort beauty", USAGE, "invalid choice"),
    Case(BEN, "order place {listing} --quantity 2 --note tea", OK, "proposed: "),
    Case(BEN, "order place {listing} --quantity 99", REFUSED, "99 wanted"),
    Case(ANN, "order place {listing}", USAGE, "your own listing"),
    Case(ANN, "order list", OK, "your turn"),
    Case(NOBODY, "order list", NOT_RUNNING, "no node is running"),
    Case(ANN, "order show {proposed}", OK, "you can: goodword order accept"),
    Case(ANN, "order show xyz", USAGE, "an id is hex digits"),
    Case(BEN, "order accept {proposed}", REFUSED, "a buyer may not accept"),
    Case(ANN, "order accept {proposed}", OK, "accepted: "),
    Case(BEN, "order reject {accepted}", REFUSED, "a buyer may not reject"),
    Case(ANN, "order reject {accepted}", OK, "cancelled"),
    Case(ANN, "order withdraw {accepted2}", REFUSED, "a seller may not withdraw"),
    Case(BEN, "order withdraw {accepted2}", OK, "cancelled"),
    Case(BEN, "order paid {accepted3} --amount much", USAGE, "write it as '12.50 EUR'"),
    Case(BEN, "order paid {accepted3} --amount '24 EUR' --method cash", OK, "paid, says the buyer"),
    Case(BEN, "order received {pay_claimed}", REFUSED, "a buyer may not pay_received"),
    Case(ANN, "order received {pay_claimed}", OK, "the seller ships next"),
    Case(BEN, "order on-delivery {accepted4}", REFUSED, "a buyer may not on_delivery"),
    Case(ANN, "order on-delivery {accepted4}", OK, "the seller ships next"),
    Case(BEN, "order ship {funded}", REFUSED, "a buyer may not fulfil"),
    Case(ANN, "order ship {funded} --tracking RR1", OK, "shipped: "),
    Case(ANN, "order confirm {fulfilled}", REFUSED, "a seller may not confirm"),
    Case(BEN, "order confirm {fulfilled}", OK, "completed"),
    Case(BEN, "order counter {proposed2} --price '20 EUR'", REFUSED, "a buyer may not counter"),
    Case(ANN, "order counter {proposed2} --price '20 EUR'", OK, "price: 24.00 EUR -> 20.00 EUR"),
    Case(BEN, "order denied {pay_claimed2}", REFUSED, "a buyer may not pay_denied"),
    Case(ANN, "order denied {pay_claimed2}", OK, "disputed: "),
    Case(ANN, "order extend {fulfilled2}", REFUSED, "a seller may not extend"),
    Case(BEN, "order extend {fulfilled2}", OK, "takes more time"),
    Case(ANN, "order refund {funded2} --keep '99 EUR'", REFUSED, "more than the total"),
    Case(ANN, "order refund {funded2} --keep '2 EUR'", OK, "you offer: 2.00 EUR to the seller"),
    Case(BEN, "order offer {fulfilled2} --to-seller '99 EUR'", REFUSED, "more than the total"),
    Case(BEN, "order offer {fulfilled2} --to-seller '9 EUR'", OK, "you offer: 9.00 EUR"),
    Case(ANN, "order agree {offered}", REFUSED, "the other side offers nothing"),
    Case(BEN, "order agree {offered}", OK, "over: refunded"),
    Case(ANN, "order dispute {proposed2} --because rain", REFUSED, "not possible"),
    Case(ANN, "order dispute {fulfilled2} --because rain", OK, "disputes: “rain”"),
    Case(BEN, "order consent {disputed}", REFUSED, "a buyer may not consent"),
    Case(CHEN, "order consent {disputed}", OK, "is ready to decide"),
    Case(BEN, "order verdict {disputed} --to-seller '9 EUR' --because luck", REFUSED, "may not"),
    Case(CHEN, "order verdict {disputed} --to-seller '9 EUR' --because luck", OK, "decided by"),
    Case(CHEN, "order executed {decided}", REFUSED, "a moderator may not executed"),
    Case(ANN, "order executed {decided} --method cash", OK, "what the moderator decided was done"),
    Case(BEN, "order review {proposed2} --rating good", REFUSED, "countered"),
    Case(BEN, "order review {fulfilled} --rating good --text 'no chips'", OK, "no chips"),
    Case(BEN, "order export {fulfilled} {folder}/sale.evidence", OK, "sale.evidence"),
    Case(BEN, "order export 00000000 {folder}/none.evidence", REFUSED, "no order 00000000"),
    Case(NOBODY, "evidence check {folder}/sale.evidence", OK, "completed"),
    Case(NOBODY, "evidence check {folder}/none.evidence", DISK, "none.evidence"),
    Case(ANN, "order export {decided} {folder}/order.evidence", OK, "written: "),
    Case(ANN, "order export {decided} {passphrase}", REFUSED, "exists"),
    Case(NOBODY, "evidence check {folder}/order.evidence", OK, "sound: "),
    Case(NOBODY, "evidence check {passphrase}", REFUSED, "is unsound"),
    Case(ANN, "moderator offer --fee 1.5% --category ceramics", OK, "fee 1.5 %; ceramics"),
    Case(ANN, "moderator offer --fee 1.5", USAGE, "is not a share in percent"),
    Case(ANN, "moderator list", OK, "you offer to moderate: fee 1.5 %"),
    Case(ANN, "moderator list --for 00000000", REFUSED, "no listing 00000000"),
    Case(ANN, "moderator withdraw", OK, "you do not offer to moderate any more"),
    Case(BEN, "moderator withdraw", REFUSED, "you do not offer to moderate"),
    Case(BEN, "review list", OK, "well packed"),
    Case(BEN, "review list Potter", REFUSED, "nobody is called 'Potter'"),
    Case(BEN, "review withdraw {reviewed}", OK, "is taken back"),
    Case(BEN, "review withdraw 00000000", REFUSED, "no review 00000000 is here"),
    Case(BEN, "trust show Annie --for seller --category cups", OK, "as a seller of cups"),
    Case(BEN, "trust show Potter", REFUSED, "nobody is called 'Potter'"),
    Case(BEN, "keep show", OK, "everything is kept"),
    Case(BEN, "keep set --category ceramics --region DE --hops 1", OK, "category ceramics"),
    Case(BEN, "keep set --community Annie --budget 64MB", OK, "of 64 MB, as declared"),
    Case(BEN, "keep set --category Slow!food", USAGE, "is not lower-case words"),
    Case(BEN, "keep set --hops 9", USAGE, "9 steps of vouches"),
    Case(BEN, "keep set --hops two", USAGE, "invalid int value"),
    Case(BEN, "keep set --budget big", USAGE, "'big' is not a size"),
    Case(BEN, "keep set --budget 1kB", USAGE, "it is 1MB to"),
    Case(BEN, "keep set --community Potter", REFUSED, "nobody is called 'Potter'"),
    Case(BEN, "keep set --everything --hops 1", USAGE, "only a part of it"),
    Case(BEN, "keep set", USAGE, "nothing was said of what to keep"),
    Case(BEN, "keep set --everything", OK, "everything is kept"),
    Case(NOBODY, "keep show", NOT_RUNNING, "no node is running"),
    Case(ANN, "bundle write {folder}/market --scope mine,near --scope region:DE", OK, "written: "),
    Case(ANN, "bundle write {folder}/market --scope all", REFUSED, "exists"),
    Case(ANN, "bundle write {folder}/other --scope shops", USAGE, "one of all, mine, circle"),
    Case(ANN, "bundle write {folder}/other", USAGE, "--scope"),
    Case(ANN, "bundle write {folder}/other --scope person:Potter", REFUSED, "nobody is called"),
    Case(ANN, "bundle write {folder}/other --scope category:boats", REFUSED, "nothing public"),
    Case(ANN, "bundle write {folder}/none/other --scope all", REFUSED, "there is no folder"),
    Case(NOBODY, "bundle write {folder}/other --scope all", NOT_RUNNING, "no node is running"),
    Case(BEN, "bundle read {folder}/market", OK, "known before"),
    Case(BEN, "bundle read {passphrase}", REFUSED, "this is no bundle"),
    Case(BEN, "bundle read {folder}/none", DISK, "cannot read"),
    Case(BEN, "bundle read {folder}", DISK, "cannot read"),
    Case(ANN, "completion bash", OK, "goodword"),
    Case(ANN, "completion tcsh", USAGE, "invalid choice"),
)

ELSEWHERE: Final = (("start", ""), ("watch", ""))
"""What runs until it is ended: its right case is not in the table."""

STRANGER: Final = "12D3KooWAB8sP8iYVSHh3WDEnVBaFhyCDhd5gbjFDmdKcNZUtRHa"
"""The peer id of nobody."""


@dataclass(frozen=True, slots=True)
class Market:
    homes: dict[str, Path]
    names: dict[str, str]
    ann: Node
    ben: Node


@pytest.fixture(scope="module")
def market() -> Generator[Market]:
    """Ann and Ben in the middle of things."""
    with folder() as path, Street(path) as street:
        ann, ben, chen = street.live("ann", "ben", "chen")
        listing, other = offer(ann, ben, title="手工茶碗", quantity=20), offer(ann, ben)
        states = ["proposed", "proposed2", "accepted", "accepted2", "accepted3", "accepted4"]
        states += ["pay_claimed", "pay_claimed2", "funded", "funded2", "fulfilled", "fulfilled2"]
        orders = {each: order_in(ann, ben, listing, each.rstrip("234")) for each in states}
        orders |= quarrels(ann, ben, chen, offer(ann, ben))
        ben.ask("person.name", person=ann.person, petname="Annie")
        passphrase = path / "passphrase"
        passphrase.write_text("four words on paper")
        archive = path / "archive"
        words = ("backup", str(archive), "--passphrase-file", str(passphrase))
        assert street.house("nobody").cli(*words).returncode == OK
        names = {
            **orders,
            "reviewed": review_in(ben, ann),
            "listing": listing,
            "other": other,
            "record": ann.ask("listing.show", listing=listing)["record"][:8],
            "ann": ann.person,
            "ben": ben.person,
            "nobody": to_address(make.fresh("nobody").public_key),
            "address": ann.addresses[0],
            "dead": f"/ip4/127.0.0.1/tcp/1/p2p/{STRANGER}",
            "folder": str(path),
            "passphrase": str(passphrase),
            "archive": str(archive),
        }
        homes = {each: path / each for each in (ANN, BEN, CHEN, NOBODY)}
        yield Market(homes, names, ann, ben)


def quarrels(ann: Node, ben: Node, chen: Node, listing: str) -> dict[str, str]:
    """An order on which Ann offers a split, one that is disputed, one that Chen has decided."""
    offered, disputed, decided = (
        order_in(ann, ben, listing, "funded", moderator=chen.person) for _ in range(3)
    )
    ann.ask("order.offer", order=offered, to_seller="20 EUR")
    ben.until(lambda: bool(ben.order(offered)["offers"]))
    for order in (disputed, decided):
        ben.ask("order.dispute", order=order, reasons="nothing came")
        chen.until(partial(sees, chen, order, "disputed"))
    chen.ask("order.verdict", order=decided, to_seller="0 EUR", reasons="nothing was sent")
    ann.until(lambda: ann.state(decided) == "decided")
    return {"offered": offered, "disputed": disputed, "decided": decided}


def review_in(author: Node, about: Node) -> str:
    """The order that is reviewed: put in beside the running node, as `doctor` reads beside it."""
    home, now = Home(author.home), int(time.time())
    me, other = home.person(None), Home(about.home).person(None)
    database = Database(home.database)
    made = make.review(me, other, text="well packed", revision=now, now=now)
    Intake(database, me.public_key, lambda: now).admit(made.to_bytes())
    database.close()
    return made.slot.hex()


@pytest.mark.parametrize("noun", dict.fromkeys(each.noun for each in CASES))
def test_a_command_ends_as_it_says(market: Market, noun: str) -> None:
    for case in (each for each in CASES if each.noun == noun):
        words = [each.format(**market.names) for each in shlex.split(case.words)]
        with folder() as new:
            done = goodword(market.homes.get(case.home, new), *words)
        right = done.stdout if case.code == OK else done.stderr
        assert done.returncode == case.code, (case.words, done.stdout, done.stderr)
        assert case.said in right, (case.words, done.stdout, done.stderr)
        if case.code != OK:
            assert all(line.startswith("goodword: ") for line in done.stderr.splitlines())


def test_watch_tells_what_happens(market: Market) -> None:
    command = [sys.executable, "-m", "goodword.cli", "watch", "--json"]
    ours = environment(GOODWORD_HOME=str(market.ann.home))
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ours) as process:
        try:
            event = _first_event(process, lambda: market.ann.ask("profile.set", name="Ann"))
        finally:
            process.send_signal(signal.SIGINT)
    assert (event["event"], event["kind"]) == ("record", "profile")
    assert process.returncode == INTERRUPTED


def test_every_command_is_tried_right_and_wrong() -> None:
    tried = {((each.noun, each.verb), each.code == OK) for each in CASES}
    tried |= {(each, True) for each in ELSEWHERE}
    commands = {(each.noun, each.verb) for each in COMMANDS}
    assert tried >= {(each, is_right) for each in commands for is_right in (True, False)}


def _first_event(process: subprocess.Popen[bytes], provoke: Callable[[], object]) -> Json:
    """What it prints first; nothing tells us since when it watches, so we provoke it again."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        for _ in range(100):
            provoke()
            if selector.select(0.1):
                return dict(json.loads(process.stdout.readline()))
    raise AssertionError("it tells nothing")
