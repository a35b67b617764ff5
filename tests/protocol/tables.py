"""The tables of SPEC.md, as the code would write them."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from goodword.protocol import breaches, errors, limits
from goodword.protocol.errors import Refusal
from goodword.protocol.findings import MEANINGS
from goodword.protocol.kinds import KINDS
from goodword.protocol.limits import DAY, HOUR
from goodword.protocol.table import STEPS, TIMES, WINDOWS, State

UNITS: Final = {"MINUTE", "HOUR", "DAY"}


def refusals() -> list[type[Refusal]]:
    """Every reason to refuse, in the order of errors.py."""
    return [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, Refusal) and each is not Refusal
    ]


def error_table() -> str:
    rows = [f"| `{each.code}` | {_yes(each.is_fault)} | {each.text} |" for each in refusals()]
    return "\n".join(["| code | fault | what it says |", "|---|---|---|", *rows])


def finding_table() -> str:
    rows = [
        f"| `{code}` | {_yes(meaning.is_fatal)} | {meaning.text} |"
        for code, meaning in MEANINGS.items()
    ]
    return "\n".join(["| code | unsound | what it says |", "|---|---|---|", *rows])


def breach_table() -> str:
    rows = [
        f"| `{wrong}` | {meaning.strength} | {meaning.text} |"
        for wrong, meaning in breaches.MEANINGS.items()
    ]
    return "\n".join(["| what | strength | what is said of him |", "|---|---|---|", *rows])


def limit_rows() -> list[str]:
    """The beginning of each row; what follows is in words."""
    bounds = {name: value for name, value in vars(limits).items() if name.isupper()}
    return [f"| `{name}` | {value:,} |" for name, value in bounds.items() if name not in UNITS]


def kind_table() -> str:
    rows = [
        f"| `{name}` | {_yes(kind.is_public)} | {_yes(kind.is_revisable)} "
        f"| {_yes(kind.is_withdrawal_final)} |"
        for name, kind in KINDS.items()
    ]
    head = ["| kind | public | revised and withdrawn | withdrawal is final |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


def step_table() -> str:
    rows = [
        f"| {state} | {event} | {' or '.join(sorted(step.by))} | {step.to} | {step.precedence} |"
        for (state, event), step in STEPS.items()
    ]
    head = ["| state | event | by | leads to | precedence |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def step_diagram() -> str:
    """One arrow for each state, party and state that follows."""
    arrows = [(state, step.to, step.by, event) for (state, event), step in STEPS.items()]
    lines = ["stateDiagram-v2", f"    [*] --> {State.PROPOSED}: buyer propose"]
    for (state, to, by), several in groupby(arrows, key=lambda arrow: arrow[:3]):
        events = ", ".join(arrow[3] for arrow in several)
        lines.append(f"    {state} --> {to}: {' or '.join(sorted(by))} {events}")
    return "\n".join(["```mermaid", *lines, "```"])


def window_table() -> str:
    rows = [f"| {state} | {_seconds(window)} |" for state, window in WINDOWS.items()]
    return "\n".join(["| state | seconds until `timeout` |", "|---|---|", *rows])


def times_table() -> str:
    rows = [f"| {event} | {times} |" for event, times in TIMES.items()]
    return "\n".join(["| event | times at most, by one party |", "|---|---|", *rows])


def _seconds(window: int | str) -> str:
    if isinstance(window, str):
        return f"`{window}` of the terms"
    days, hours = window // DAY, window // HOUR
    return f"{window:,} ({f'{days} days' if window % DAY == 0 and days > 2 else f'{hours} hours'})"


def _yes(said: bool) -> str:
    return "yes" if said else "no"
