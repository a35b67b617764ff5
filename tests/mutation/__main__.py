"""`make mutation`: break the rules of an order in every small way; some test must notice each.

Each mutant lives in a copy of the tree, so that a kill never leaves a broken rule behind; and in
a fork of this process, which has loaded everything but the files under test: most die in half
a second instead of four.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from .equivalent import why_equivalent

ROOT: Final = Path(__file__).parents[2]
TARGETS: Final = ("table", "order", "settlement", "forks")
"""Files of protocol/: all that decides where an order stands."""

TESTS: Final = (
    "tests/protocol/test_order_gate.py",
    "tests/protocol/test_order_table.py",
    "tests/protocol/test_order_values.py",
    "tests/protocol/test_order_fold.py",
    "tests/protocol/test_order_walk.py",
)
"""What a mutant must pass to survive, after quick.py; the quickest and most telling first."""

QUICK_SECONDS_MAX: Final = 30.0
TEST_SECONDS_MAX: Final = 240.0
"""A mutant that runs for so long goes around for ever: that is noticed too."""
KILLED_MIN: Final = 0.95

_OPTIONS: Final = (
    *("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # of what is loaded already
)

_FOREIGN: Final = shutil.ignore_patterns(
    ".git", ".venv", ".hypothesis", ".*_cache", "__pycache__", "build", "dist", "*.egg-info"
)


class Mutant(NamedTuple):
    path: Path
    operator: str
    occurrence: int
    """Which of the places in the file where the operator applies."""
    line: int
    source: str
    """The whole file, broken."""

    def __str__(self) -> str:
        return f"protocol/{self.path.name}:{self.line} {self.operator} {self.occurrence}"


def main(arguments: Sequence[str]) -> int:
    """`arguments`: the files to break, without `.py`; all TARGETS unless told."""
    began = time.monotonic()
    fates: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "goodword")
        shutil.copytree(ROOT, copy, symlinks=True, ignore=_FOREIGN)
        _load_from(copy)
        if not _passes_all(copy):
            print("the tests fail before anything is broken")
            return 1
        _forget_compiled(copy)
        for name in arguments or TARGETS:
            for mutant in _mutants(copy / "protocol" / f"{name}.py"):
                fates[_try(mutant, copy)] += 1
    tried = fates["killed"] + fates["survived"]
    print(
        f"{fates['killed']} of {tried} mutants killed ({fates['killed'] / tried:.1%}), "
        f"{fates['equivalent']} others change nothing, {time.monotonic() - began:.0f} s"
    )
    return 0 if fates["killed"] >= KILLED_MIN * tried else 1


def _try(mutant: Mutant, copy: Path) -> str:
    """What became of it."""
    original = mutant.path.read_text(encoding="utf-8")
    if why_equivalent(original, mutant.source, mutant.operator, mutant.line):
        return "equivalent"
    mutant.path.write_text(mutant.source, encoding="utf-8")
    try:
        if not _passes_all(copy):
            return "killed"
    finally:
        mutant.path.write_text(original, encoding="utf-8")
    print(f"survived: {mutant}", flush=True)
    return "survived"


def _mutants(path: Path) -> Iterator[Mutant]:
    """Each way in which one operator of cosmic-ray breaks one place of the file."""
    plugins: Any = import_module("cosmic_ray.plugins")
    mutating: Any = import_module("cosmic_ray.mutating")
    tree: Any = import_module("cosmic_ray.ast")
    source = path.read_text(encoding="utf-8")
    for operator in sorted(plugins.operator_names()):
        kind = plugins.get_operator(operator)
        if kind.arguments():
            continue  # those that need to be told what to break
        places = [
            start
            for node in tree.ast_nodes(tree.get_ast(source))
            for start, _ in kind().mutation_positions(node)
        ]
        for occurrence, (line, _) in enumerate(places):
            broken = mutating.mutate_code(source, kind(), occurrence)
            yield Mutant(path, operator.removeprefix("core/"), occurrence, line, broken)


# --- the tests -----------------------------------------------------------------------------------


def _load_from(copy: Path) -> None:
    """Take `goodword` and `tests` from the copy; of it all that no target is part of, at once."""
    sys.path[:1] = [str(copy / ".types"), str(copy)]
    for module in ("hypothesis.strategies", "goodword.protocol.kinds", "tests.mutation.quick"):
        import_module(module)
    for name in TARGETS:
        assert f"goodword.protocol.{name}" not in sys.modules, "it could not be broken any more"


def _forget_compiled(copy: Path) -> None:
    """Compiled files are told by second and size: a mutant could be taken for the one before."""
    sys.dont_write_bytecode = True
    for name in TARGETS:
        for compiled in (copy / "protocol" / "__pycache__").glob(f"{name}.*.pyc"):
            compiled.unlink()


def _passes_all(copy: Path) -> bool:
    quick: Any = import_module("tests.mutation.quick")
    check = partial(_check_quickly, quick.check)
    return _passes(check, copy, QUICK_SECONDS_MAX) and _passes(_run_tests, copy, TEST_SECONDS_MAX)


def _passes(tests: Callable[[], int], copy: Path, seconds_max: float) -> bool:
    child = multiprocessing.get_context("fork").Process(target=_alone, args=(tests, copy))
    child.start()
    child.join(seconds_max)
    if child.is_alive():
        child.kill()
        child.join()
    return child.exitcode == 0


def _alone(tests: Callable[[], int], copy: Path) -> None:
    """In a process of its own, in the copy, and unheard."""
    os.chdir(copy)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]  # these are not the copy's
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    os._exit(tests())


def _check_quickly(check: Callable[[], None]) -> int:
    try:
        check()
    except Exception:  # noqa: BLE001  # a mutant may fail in any way
        return 1
    return 0


def _run_tests() -> int:
    return int(pytest.main([*_OPTIONS, *TESTS]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
