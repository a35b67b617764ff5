"""What is said of somebody, in words: one sentence first, then each voice and its way to you."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .client import Json
from .page import BLANK, Block, Facts, Line, Table
from .words import count, person, quoted, short

CLAUSES_MAX: Final = 3
"""Of one sentence: more are a list, which follows."""

QUOTED_CHARS: Final = 60
"""Of what somebody wrote, inside of a sentence."""

PLACES: Final = 1_000_000
"""Parts of one that are printed: with fewer digits the formula would not give the score, where
there is little evidence beside its prior of 0.02."""

STYLES: Final = {
    "known, good": "green",
    "some reason": "green",
    "little known": "",
    "no opinion": "dim",
    "warned": "red",
    "avoid": "bold red",
}

PARTS: Final = {
    "seller": "as a seller",
    "buyer": "as a buyer",
    "agent": "as an agent",
    "moderator": "as a moderator",
    "support": "for support",
}

DEALT: Final = {"seller": "bought from", "buyer": "sold to"}
"""What somebody did who speaks of a person in this role."""

TIMES: Final = ("", "once", "twice")

RULE: Final = "for and against by experience of your own: what others say is not counted beside it"

UNHEARD: Final = "not counted, whatever they say of others: you warn of them, or blocked them"


# --- one sentence ------------------------------------------------------------------------------


def sentence(judged: Json) -> str:
    """`known, good: Ben, whom you trust, bought from them twice; Chen vouches for them`."""
    return f"{judged['word']}: {'; '.join(_clauses(judged))}"


def line(judged: Json, indent: int = 0) -> Line:
    return Line(sentence(judged), STYLES[judged["word"]], indent)


def style(judged: Json) -> str:
    return STYLES[judged["word"]]


def in_scope(role: str | None, category: str | None) -> str:
    """`as a seller of ceramics`, `as a buyer`, `in ceramics`; empty for a whole person."""
    part = PARTS.get(role or "", "")
    if not category:
        return part
    return f"{part} {'of' if role == 'seller' else 'in'} {category}".strip()


def _clauses(judged: Json) -> list[str]:
    if judged["is_me"]:
        return ["that is you"]
    found = [f"{person(judged['person'])} {each['text']}" for each in judged["findings"]]
    said = [_clause(each) for each in judged["evidence"] if each["is_counted"]]
    if not found and not said:
        return ["nobody whom you trust, up to three steps away, says anything of them"]
    more = max(0, len(found + said) - CLAUSES_MAX) + judged["rest"]["people"]
    clauses = (found + said)[:CLAUSES_MAX]
    if more:
        clauses.append(f"{count(more, 'other', 'others')} too")
    return [*clauses, *_bottleneck(judged["voices"])]


def _bottleneck(voices: Json) -> Iterator[str]:
    """A fooled friend is the risk that is left, so one alone is always named."""
    good, bad = voices["for_through"], voices["against_through"]
    if good and voices["against"]:
        yield f"for them only through {person(good)}"
    elif good:
        yield f"only through {person(good)}"
    if bad and voices["for"]:
        yield f"against them only through {person(bad)}"
    elif bad:
        yield f"only through {person(bad)}"


def _clause(voice: Json) -> str:
    return f"{_speaker(voice)} {said(voice)}"


def _speaker(voice: Json) -> str:
    """`Ben, whom you trust,`: how the last one on the way knows who speaks."""
    if voice["is_me"]:
        return "you"
    if not voice["path"]:
        return f"{person(voice['rater'])}, whom you distrust,"
    last = voice["path"][-1]
    knows = "trust" if last["says"] == "trust" else "know"
    by = "you" if voice["steps"] == 1 else person(last["from"])
    return f"{person(voice['rater'])}, whom {by} {knows if by == 'you' else knows + 's'},"


def said(voice: Json) -> str:
    """`bought from them twice and vouches for them`, `warns about them (“never shipped”)`."""
    s = "" if voice["is_me"] else "s"
    match voice["says"]:
        case "warn":
            return f"warn{s} about {_whom(voice)}{_quoted(voice)}"
        case "trust" | "know" if voice["orders"]:
            return f"{_dealt(voice)} and vouch{'es' if s else ''} for {_whom(voice)}"
        case "trust" | "know":
            return f"vouch{'es' if s else ''} for {_whom(voice)}"
        case rating:
            return f"{_dealt(voice)}: {rating}{_quoted(voice)}"


def _whom(voice: Json) -> str:
    """`them`, `their ceramics`, `them as a buyer`."""
    if voice["category"] and voice["role"] in (None, "seller"):
        return f"their {voice['category']}"
    return f"them {in_scope(voice['role'], voice['category'])}".strip()


def _dealt(voice: Json) -> str:
    """`bought from them twice`. With one who speaks of a buyer it was a sale."""
    number = int(voice["orders"])
    times = TIMES[number] if number < len(TIMES) else f"{number} times"
    return f"{DEALT.get(voice['role'], 'traded with')} them {times}".strip()


def _quoted(voice: Json) -> str:
    text = " ".join(str(voice["text"]).split())
    cut = text if len(text) <= QUOTED_CHARS else f"{text[: QUOTED_CHARS - 1]}…"
    return f" ({quoted(cut)})" if cut else ""


# --- all of it ---------------------------------------------------------------------------------


def whole(judged: Json) -> Iterator[Block]:
    """The sentence, the numbers, and what they are the sum of."""
    yield line(judged)
    if judged["is_me"]:
        return
    voices = judged["voices"]
    scope = in_scope(judged["role"], judged["category"])
    yield Facts(
        [
            ("seen", f"by you, {scope}" if scope else "by you, in all that they do"),
            ("score", f"{judged['score']:+.3f} (from -1 to +1)"),
            ("reason strength", f"{judged['reason']:.3f} (from 0 to 1)"),
            ("voices", f"{voices['for']} for, {voices['against']} against, at most five counted"),
        ]
    )
    if judged["evidence"] or judged["findings"]:
        yield BLANK
        yield from _sum(judged)
    yield from _ways(judged)
    yield from _apart(judged)


def _sum(judged: Json) -> Iterator[Block]:
    """Every part of the score: the two columns add up to what the last line divides."""
    spoken = [each for each in judged["evidence"] if each["is_counted"]]
    rest = judged["rest"]
    parts = [(float(each["amount"]), "your node", each["text"]) for each in judged["findings"]]
    parts += [(float(each["amount"]), _by(each), said(each)) for each in spoken]
    good = _rounded([max(0.0, each) for each, _, _ in parts] + [rest["support"]])
    bad = _rounded([max(0.0, -each) for each, _, _ in parts] + [rest["against"]])
    rows = [
        ["" if amount < 0 else plus, minus if amount < 0 else "", who, says]
        for (amount, who, says), plus, minus in zip(parts, good, bad, strict=False)
    ]
    if rest["people"]:
        rows.append([good[-1], bad[-1], count(rest["people"], "other", "others"), ""])
    rows.append(
        [f"{judged['support']:.6f}", f"{judged['against']:.6f}", "together", _formula(judged)]
    )
    yield Table(["for", "against", "who", "says"], rows)
    unspoken = [each for each in judged["evidence"] if not each["is_counted"]]
    # No way leads to whom you distrust.
    for rule, is_heard in ((RULE, True), (UNHEARD, False)):
        clauses = [_clause(each) for each in unspoken if bool(each["path"]) is is_heard]
        if clauses:
            yield Line(rule, "dim")
        for clause in clauses:
            yield Line(clause, "dim", indent=2)


def _by(voice: Json) -> str:
    return "you" if voice["is_me"] else person(voice["rater"])


def _rounded(parts: list[float]) -> list[str]:
    """So that what is printed adds up to what is printed of the sum."""
    shown: list[int] = []
    whole, printed = 0.0, 0
    for each in parts:
        whole += each * PLACES
        shown.append(round(whole) - printed)
        printed = round(whole)
    return [f"{each / PLACES:.6f}" for each in shown]


def _formula(judged: Json) -> str:
    s, a, harm, prior = judged["support"], judged["against"], judged["lambda"], judged["kappa"]
    return (
        f"({s:.6f} - {harm}x{a:.6f}) / ({s:.6f} + {harm}x{a:.6f} + {prior})"
        f" = {judged['score']:+.3f}"
    )


def _ways(judged: Json) -> Iterator[Block]:
    """Through whom each voice reaches you; each arrow is a record that anybody can check."""
    told = [each for each in judged["evidence"] if not each["is_me"]]
    proofs = [record for each in judged["evidence"] if each["is_me"] for record in each["records"]]
    if told or proofs:
        yield BLANK
        yield Line("proved by (goodword record show ID)", "bold")
    if proofs:
        yield Line(f"you -> {_records(proofs)}", indent=2)
    for each in told:
        legs = [f"{_records(leg['records'])} -> {person(leg['to'])}" for leg in each["path"]]
        way = ["you", *legs] if legs else [person(each["rater"])]
        yield Line(f"{' -> '.join(way)} -> {_records(each['records'])}", indent=2)
    for each in judged["findings"]:
        yield Line(f"your node -> {_proof(each)}", indent=2)


def _proof(found: Json) -> str:
    if found["order"]:
        return f"goodword order show {short(found['order'])}"
    return _records(found["records"]) or "goodword person unblock takes it back"


def _records(ids: list[str]) -> str:
    return ", ".join(map(short, ids))


def _apart(judged: Json) -> Iterator[Block]:
    """The same person in other roles and categories: a bad buyer can be a good seller."""
    if judged["apart"]:
        yield BLANK
        yield Line("in single roles and categories", "bold")
    for each in judged["apart"]:
        scope = in_scope(each["role"], each["category"]) or "in all"
        yield Line(f"{scope}: {each['word']} ({each['score']:+.3f})", STYLES[each["word"]], 2)
