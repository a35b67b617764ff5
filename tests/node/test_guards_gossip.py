from __future__ import annotations

import threading

import pytest
import trio
from libp2p.pubsub.gossipsub import GossipSub

from goodword.node.transport import Guards, Limits
from tests.node.peer_process import ECHO, TOPIC, Node, PeerProcess, eventually, leaf, running


async def _meshed(node: Node, other: PeerProcess, friend: dict[str, str]) -> None:
    """Connect the two, and wait until gossip flows in both directions."""
    await node.transport.connect(friend["address"])
    with trio.fail_after(10):
        while True:
            await node.transport.gossip(TOPIC, b"hello there")
            if await other.tell("await_message", text="hello there", seconds=0.2):
                break
        while not node.has_message("hello here"):
            await other.tell("gossip", texts=["hello here"])
            with trio.move_on_after(0.2):
                await node.until(lambda: node.has_message("hello here"))
    node.messages.clear()


async def test_a_malformed_key_costs_only_its_message(
    other: PeerProcess, caplog: pytest.LogCaptureFixture
) -> None:
    """S3."""
    friend = await other.start()
    async with running() as ann:
        await other.tell("publish_malformed_key", address=ann.address)
        await ann.transport.connect(friend["address"])
        assert await ann.transport.request(friend["peer"], ECHO, b"alive") == b"alive"
    assert "Traceback" in caplog.text


async def test_without_the_guard_a_malformed_key_ends_the_node(other: PeerProcess) -> None:
    """S3, the fault itself: one message."""

    async def live_on() -> None:
        async with running(guards=Guards(contained_gossip=False)) as ann:
            await other.tell("publish_malformed_key", address=ann.address)
            await trio.sleep_forever()

    with trio.fail_after(5), pytest.raises(ExceptionGroup) as ended:
        await live_on()
    assert not isinstance(leaf(ended.value), trio.TooSlowError)


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_a_burst_arrives_whole(other: PeerProcess, is_guarded: bool) -> None:
    """R3, R5: 100 messages at once. Without the guard 10 of them arrived."""
    guards = Guards(bursts_allowed=is_guarded)
    friend = await other.start(guards)
    texts = [f"message {number}" for number in range(100)]
    async with running(guards=guards) as ann:
        await _meshed(ann, other, friend)
        await other.tell("gossip", texts=texts)
        if is_guarded:
            await ann.until(lambda: len(ann.messages) >= 100)
            assert {data.decode() for _, data in ann.messages} >= set(texts)
        else:
            assert await other.tell("request", peer=ann.transport.peer_id, data="in order")
            assert len(ann.messages) < 50


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_messages_are_new_after_a_restart(other: PeerProcess, is_guarded: bool) -> None:
    """R4. Without the guard 4 of 100 arrived: the rest had been heard before, it seemed."""
    guards = Guards(seqno_fresh=is_guarded)
    async with running() as ann:
        await _meshed(ann, other, await other.start(guards))
        await other.tell("gossip", texts=[f"before {number}" for number in range(100)])
        await ann.until(lambda: ann.has_message("before 99"))
        await other.tell("stop")
        friend = await other.start(guards)
        await ann.until(lambda: len(ann.left) == 1)
        await ann.transport.connect(friend["address"])
        await eventually(lambda: _listens(ann, friend["peer"]))
        await other.tell("await_subscriber", peer=ann.transport.peer_id)
        await other.tell("gossip", texts=[f"after {number}" for number in range(20)])
        if is_guarded:
            await ann.until(lambda: ann.has_message("after 19"))
        else:
            assert await other.tell("request", peer=ann.transport.peer_id, data="in order")
            assert not ann.has_message("after 19")


def _listens(node: Node, peer: str) -> bool:
    live = node.transport._live
    assert live is not None
    return any(str(each) == peer for each in live.pubsub.peer_topics.get(TOPIC, ()))


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_a_lost_subscription_comes_again(other: PeerProcess, is_guarded: bool) -> None:
    """R7. Without the guard about one pair in twenty never meshed."""
    friend = await other.start()
    guards = Guards(subscriptions_repeated=is_guarded)
    async with running(guards=guards, limits=Limits(announce_every_seconds=0.2)) as ann:
        await _meshed(ann, other, friend)
        await other.tell("forget_subscriptions")
        told = await other.tell("await_subscriber", peer=ann.transport.peer_id, seconds=1)
        assert told is is_guarded


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_the_mesh_is_tended_every_second(is_guarded: bool) -> None:
    """R6. Without the guard it was every 30 to 120 s."""
    async with running(guards=Guards(heartbeat_steady=is_guarded)) as ann:
        beats = _counted_beats(ann)
        with trio.move_on_after(2.5 if is_guarded else 1.2):
            await eventually(lambda: len(beats) == 2)
        assert (len(beats) == 2) is is_guarded


def _counted_beats(node: Node) -> list[None]:
    live = node.transport._live
    assert live is not None
    router = live.pubsub.router
    assert isinstance(router, GossipSub)
    beats: list[None] = []
    shift = router.mcache.shift

    def count() -> None:
        beats.append(None)
        shift()

    router.mcache.shift = count  # type: ignore[method-assign]
    return beats


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_a_start_leaves_no_thread_behind(is_guarded: bool) -> None:
    """R14. Without the guard each start left one, for as long as the process lives."""

    def cleaners() -> list[threading.Thread]:
        return [each for each in threading.enumerate() if "_background_cleanup" in each.name]

    before = len(cleaners())
    async with running(guards=Guards(threads_stopped=is_guarded)) as ann:
        assert len(cleaners()) == before + 1
        live = ann.transport._live
        assert live is not None
        cache = live.pubsub.seen_messages
    if is_guarded:
        await eventually(lambda: len(cleaners()) == before)
    else:
        assert len(cleaners()) == before + 1
        cache._stop_event.set()


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_a_peer_can_not_make_us_dial(other: PeerProcess, is_guarded: bool) -> None:
    """R15. Without the guard we dialled any address that a peer named."""
    guards = Guards(exchange_ignored=is_guarded)
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener, running(guards=guards) as ann:
        port = listener.socket.getsockname()[1]
        await other.tell(
            "prune_with_addresses", address=ann.address, target=f"/ip4/127.0.0.1/tcp/{port}"
        )
        with trio.move_on_after(0.5 if is_guarded else 5) as dialled:
            await (await listener.accept()).aclose()
        assert dialled.cancelled_caught is is_guarded


async def test_a_message_to_many_topics_is_judged_by_none(other: PeerProcess) -> None:
    """One message that names our topic a thousand times would be judged a thousand times."""
    async with running() as ann:
        await other.tell("publish_to_topics", address=ann.address, topics=[TOPIC] * 1000)
        assert ann.messages == []
        await other.tell("publish_to_topics", address=ann.address, topics=[TOPIC])
        assert len(ann.messages) == 1
