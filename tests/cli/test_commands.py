"""The table of commands, held against the parser and against the local API."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from goodword.cli.command import Command
from goodword.cli.commands import COMMANDS
from goodword.cli.failure import NOT_RUNNING, USAGE
from goodword.cli.parser import make
from tests.cli.conftest import Street
from tests.cli.desk import goodword

NEEDING_A_NODE = [each for each in COMMANDS if each.method]


def name(command: Command) -> str:
    return f"{command.noun} {command.verb}".strip()


def words(command: Command) -> list[str]:
    return [command.noun, *([command.verb] if command.verb else [])]


def example(command: Command) -> list[str]:
    """The example of the help, without what a shell would make of its end."""
    return shlex.split(command.example.partition(" >>")[0])


each_command = pytest.mark.parametrize("command", COMMANDS, ids=name)
each_request = pytest.mark.parametrize("command", NEEDING_A_NODE, ids=name)


@each_command
def test_help_shows_an_example(command: Command) -> None:
    done = goodword(*words(command), "--help")
    assert done.status == 0
    assert f"example:\n  goodword {command.example}\n" in done.out


@each_command
def test_the_example_can_be_typed(command: Command) -> None:
    options = make(COMMANDS, "0").parse_args(example(command))
    assert options.command is command


@each_command
def test_an_unknown_option_is_a_mistake(command: Command) -> None:
    done = goodword(*example(command), "--colour", "red")
    assert (done.status, done.out) == (USAGE, "")
    assert done.err.startswith("goodword: ")
    assert "goodword: hint: " in done.err


@each_command
def test_what_is_required_is_asked_for(command: Command) -> None:
    required = [
        each
        for each in command.arguments
        if each.settings.get("required")
        or not (each.names[0].startswith("-") or each.settings.get("nargs") in ("?", "*"))
    ]
    if required:
        done = goodword(*words(command))
        assert done.status == USAGE
        assert "required" in done.err


@each_request
def test_without_a_node_it_says_how_to_start_one(command: Command, tmp_path: Path) -> None:
    (tmp_path / "identity.json").touch()
    done = goodword("--home", str(tmp_path), *example(command))
    assert done.status == NOT_RUNNING
    assert done.err == (
        f"goodword: no node is running in {tmp_path}\n"
        "goodword: hint: start one with `goodword start`\n"
    )


@each_request
async def test_it_asks_for_what_the_api_takes(command: Command, street: Street) -> None:
    catalogue = {each["method"]: each for each in (await street.ann.ask("api"))["methods"]}
    taken = {each["name"]: each for each in catalogue[command.method]["params"]}
    offered = {each.parameter for each in (*command.arguments, *command.either)} - {"file", "svg"}
    assert offered == set(taken) - {"file"}
    required = {
        each.parameter
        for each in command.arguments
        if each.settings.get("required")
        or not (each.names[0].startswith("-") or each.settings.get("nargs") in ("?", "*"))
    }
    assert required >= {each["name"] for each in taken.values() if each["required"]} - {"strength"}


async def test_every_method_has_a_command(street: Street) -> None:
    methods = {each["method"] for each in (await street.ann.ask("api"))["methods"]}
    assert methods == {each.method for each in NEEDING_A_NODE} | {"watch"}


@pytest.mark.parametrize("arguments", [[], ["order"], ["listing"], ["person"]])
def test_without_a_verb_it_shows_what_there_is(arguments: list[str]) -> None:
    done = goodword(*arguments)
    assert (done.status, done.out) == (USAGE, "")
    assert done.err.startswith("usage: goodword")


@pytest.mark.parametrize(
    "arguments",
    [
        ["buy"],
        ["order", "buy"],
        ["order", "show"],
        ["order", "show", "1234", "5678"],
        ["order", "place", "1234", "--quantity", "two"],
        ["listing", "new", "--title", "a", "--price", "1 EUR", "--text", "a", "--file", "b"],
        ["listing", "new", "--tit", "a", "--price", "1 EUR"],
        ["vouch", "for", "Ben", "--how", "met", "--strength", "love"],
        ["init", "--no-passphrase", "--passphrase-file", "f"],
        ["completion", "tcsh"],
    ],
)
def test_a_mistake_is_one_line_and_a_hint(arguments: list[str]) -> None:
    done = goodword(*arguments)
    assert (done.status, done.out) == (USAGE, "")
    first, second = done.err.splitlines()
    assert first.startswith("goodword: ")
    assert second.startswith("goodword: hint: ")


def test_the_version_is_told() -> None:
    assert goodword("--version").out.startswith("goodword 0.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_for_three_shells(shell: str) -> None:
    done = goodword("completion", shell)
    assert done.status == 0
    assert "goodword" in done.out


async def test_home_and_json_go_before_and_after_the_noun(street: Street) -> None:
    home = str(street.ann.home)
    places = [
        ["--home", home, "--json", "person", "list"],
        ["person", "--home", home, "--json", "list"],
        ["person", "list", "--home", home, "--json"],
        ["--home", "/nowhere", "person", "list", "--json", "--home", home],
        ["--json", "person", "list", f"--home={home}"],
    ]
    for arguments in places:
        done = await street.ann(*arguments)
        assert (done.status, done.answer) == (0, {"people": []})
