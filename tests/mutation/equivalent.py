"""Mutants that no test could notice, because they are the same program; or no program at all."""

from __future__ import annotations

import ast
from typing import Final

SAME: Final = {
    "ReplaceComparisonOperator_Is_Eq": "members of an enum and None are equal to themselves alone",
    "ReplaceComparisonOperator_IsNot_NotEq": "the same",
    "ReplaceUnaryOperator_USub_Invert": "~n is -n - 1: a key of a sort, which it sorts alike",
}
"""Operators whose mutants are the same program in the files under test, and why."""


def why_equivalent(original: str, broken: str, operator: str, line: int) -> str:
    """Why nobody could tell `broken` from `original`; empty if somebody should."""
    if operator in SAME:
        return SAME[operator]
    try:
        tree = ast.parse(broken)
    except SyntaxError:
        return "it is no Python"  # a `*` that is no product, in a signature or a call
    if _unannotated(tree) == _unannotated(ast.parse(original)):
        return "nothing evaluates an annotation"  # `from __future__ import annotations`
    return ""


def _unannotated(tree: ast.AST) -> str:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef():
                node.returns = None
            case ast.arg():
                node.annotation = None
            case ast.AnnAssign():
                node.annotation = ast.Constant(None)
            case _:
                pass
    return ast.dump(tree)
