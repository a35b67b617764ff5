"""Two implementations reconcile random sets: `python -m tests.reconcile.duel ONE OTHER`.

ONE and OTHER are commands that speak the test protocol (see harness.py); without them ours meets
itself. Each round tells its seed; what is found must be the plain difference of the two sets, and
with `--same` each implementation alone must say the very bytes that the other alone says.
"""

from __future__ import annotations

import argparse
import os
import random
import shlex
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, Final, NamedTuple

OURS: Final = f"{shlex.quote(sys.executable)} -m tests.reconcile.harness"
START: Final = 1_677_970_534
"""Unix seconds of the first record: timestamps that any implementation can count in."""
ROUNDS_MAX: Final = 10_000
WEIGHTS: Final = ((1, 1, 98), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 2, 7), (1, 1, 1))
"""How many records only the one has, only the other, and both."""


class Side(NamedTuple):
    into: IO[str]
    out: IO[str]

    def tell(self, line: str) -> None:
        self.into.write(line + "\n")
        self.into.flush()

    def hear(self) -> str:
        line = self.out.readline()
        if not line:
            raise EOFError("it ended in the middle")
        return line.strip()


class Sets(NamedTuple):
    one: dict[str, int]
    """Times by the ids in hex."""
    other: dict[str, int]


class Talk(NamedTuple):
    messages: list[str]
    have: list[str]
    need: list[str]


@contextmanager
def running(command: str, frame_bytes_max: int) -> Generator[Side]:
    limit = {"FRAMESIZELIMIT": str(frame_bytes_max)} if frame_bytes_max else {}
    with subprocess.Popen(
        shlex.split(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **limit},
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield Side(process.stdin, process.stdout)
        finally:
            process.kill()


def random_sets(dice: random.Random, records_max: int) -> Sets:
    """Few seconds or many, so that some records have the same time."""
    count = dice.randint(0, records_max)
    seconds = dice.choice([1, 1 + count // 50, 1 + count, 1 + 100 * count])
    weights = dice.choice(WEIGHTS)
    one: dict[str, int] = {}
    other: dict[str, int] = {}
    for _ in range(count):
        record_id, time = dice.randbytes(32).hex(), START + dice.randrange(seconds)
        for holder in dice.choices(((one,), (other,), (one, other)), weights)[0]:
            holder[record_id] = time
    return Sets(one, other)


def talk(one: Side, other: Side, sets: Sets) -> Talk:
    """`one` is the client."""
    for side, known in ((one, sets.one), (other, sets.other)):
        side.into.writelines(f"item,{time},{each}\n" for each, time in known.items())
        side.tell("seal")
    said = Talk([], [], [])
    one.tell("initiate")
    while len(said.messages) < ROUNDS_MAX:
        word, _, rest = one.hear().partition(",")
        match word:
            case "have":
                said.have.append(rest)
            case "need":
                said.need.append(rest)
            case "msg":
                other.tell(f"msg,{rest}")
                answer = other.hear()
                one.tell(answer)
                said.messages.extend([rest, answer.removeprefix("msg,")])
            case "done":
                return said
            case _:
                raise ValueError(f"{word} is no word of the test protocol")
    raise ValueError(f"no end after {ROUNDS_MAX} messages")


def check(said: Talk, sets: Sets, *, is_once: bool) -> None:
    """That the difference of the sets was found, and with `is_once` that nothing was told twice."""
    for found, wanted in (
        (said.have, sets.one.keys() - sets.other.keys()),
        (said.need, sets.other.keys() - sets.one.keys()),
    ):
        assert set(found) == wanted, f"{len(set(found))} found, {len(wanted)} differ"
        assert not is_once or len(found) == len(wanted), "something was told twice"


def duel(commands: tuple[str, str], limits: tuple[int, int], sets: Sets) -> Talk:
    """What the two say; they have found the difference. Cut messages may tell things twice."""
    with running(commands[0], limits[0]) as one, running(commands[1], limits[1]) as other:
        said = talk(one, other, sets)
    check(said, sets, is_once=not any(limits))
    return said


def main() -> None:
    told = argparse.ArgumentParser(description="let two implementations reconcile random sets")
    told.add_argument("one", nargs="?", default=OURS)
    told.add_argument("other", nargs="?", default=OURS)
    told.add_argument("--seed", type=int, default=0)
    told.add_argument("--rounds", type=int, default=20)
    told.add_argument("--records", type=int, default=5_000, help="at most")
    told.add_argument("--same", action="store_true", help="compare what each says, too")
    asked = told.parse_args()
    for seed in range(asked.seed, asked.seed + asked.rounds):
        dice = random.Random(seed)
        sets = random_sets(dice, asked.records)
        limits = (dice.choice([0, 4_096, 30_000]), dice.choice([0, 4_096, 60_000]))
        said = duel((asked.one, asked.other), limits, sets)
        if asked.same:
            alone = [duel((each, each), (0, 0), sets).messages for each in (asked.one, asked.other)]
            assert alone[0] == alone[1], f"seed {seed}: they say different things"
        size = sum(len(each) // 2 for each in said.messages)
        differing = len(said.have) + len(said.need)
        print(
            f"seed {seed}: {len(sets.one)} and {len(sets.other)} records, limits {limits}:"
            f" {differing} found with {size:,} bytes in {len(said.messages) // 2} round trips"
        )


if __name__ == "__main__":
    main()
