"""Answers of `trust.show` to render: what each needs, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from tests.cli.desk import Answer


def who(petname: str) -> Answer:
    return {
        "address": f"gw1{petname.lower()}qqqqqqqqqq",
        "did": "",
        "petname": petname,
        "name": None,
    }


def leg(start: str, end: str, says: str = "trust", record: str = "aa" * 32) -> Answer:
    return {"from": who(start), "to": who(end), "says": says, "records": [record]}


def voice(rater: str, says: str, amount: float, *path: Answer, **more: object) -> Answer:
    """What `rater` says; `path` leads from you to him."""
    return {
        "rater": who(rater),
        "is_me": not path,
        "steps": len(path),
        "path": list(path),
        "says": says,
        "text": "",
        "role": None,
        "category": None,
        "orders": 0,
        "trust": 0.5,
        "strength": 0.5,
        "weight": 1.0,
        "amount": amount,
        "is_counted": True,
        "made_at": 0,
        "records": ["bb" * 32],
        **more,
    }


def finding(text: str, amount: float, **proof: object) -> Answer:
    """What the node itself holds against somebody; `proof` is `records` or an `order`."""
    return {"text": text, "amount": amount, "found_at": 0, "records": [], "order": None, **proof}


def judged(word: str, evidence: Sequence[Answer] = (), **more: object) -> Answer:
    """What is said of Ann."""
    return {
        "person": who("Ann"),
        "is_me": False,
        "is_blocked": False,
        "role": None,
        "category": None,
        "word": word,
        "score": 0.5,
        "reason": 0.9,
        "support": sum(each["amount"] for each in evidence if each["amount"] > 0),
        "against": -sum(each["amount"] for each in evidence if each["amount"] < 0),
        "lambda": 4,
        "kappa": 0.02,
        "voices": {"for": 2, "against": 0, "for_through": None, "against_through": None},
        "evidence": list(evidence),
        "rest": {"people": 0, "support": 0.0, "against": 0.0},
        "findings": [],
        "apart": [],
        **more,
    }
