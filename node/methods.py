"""The catalogue of the local API: each method's name, what it takes, and what it does.

Rule 1: a method is a function whose parameters are keyword-only; its signature is the contract.
There is no second description that could disagree with it.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Final, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from .reading import Misunderstood
from .show import Json

Function: TypeAlias = Callable[..., object]
"""Takes keyword-only parameters, returns Json or an awaitable of it."""

INTEGER_MAX: Final = 2**53 - 1
"""Either way from zero: what every JSON reader keeps exact, and SQLite can hold."""


NAME_CHARS_SHOWN: Final = 60
"""Of a name that a client made up, in the error about it."""


class UnknownMethod(Exception):
    """No method has this name."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parameter:
    name: str
    type: str
    """As the catalogue writes it: "string", "integer or null"."""
    check: Callable[[object], bool]
    is_required: bool
    default: object


@dataclass(frozen=True, slots=True, kw_only=True)
class _Method:
    function: Function
    summary: str
    parameters: Mapping[str, _Parameter]


class Methods:
    def __init__(self) -> None:
        self._methods: dict[str, _Method] = {}

    def expose(self, name: str, function: Function) -> None:
        """Make `function` callable as `name`. Raises TypeError for one that JSON cannot call."""
        if name in self._methods:
            raise ValueError(f"{name} is exposed already")
        summary = (inspect.getdoc(function) or "").partition("\n")[0]
        self._methods[name] = _Method(
            function=function, summary=summary, parameters=_parameters(name, function)
        )

    def __contains__(self, name: object) -> bool:
        return name in self._methods

    def catalogue(self) -> list[Json]:
        """Every method in the order of exposure, as JSON."""
        return [
            {
                "method": name,
                "summary": method.summary,
                "params": [
                    {
                        "name": each.name,
                        "type": each.type,
                        "required": each.is_required,
                        "default": each.default,
                    }
                    for each in method.parameters.values()
                ],
            }
            for name, method in self._methods.items()
        ]

    async def call(self, name: str, params: Mapping[str, object]) -> Json:
        """Raises UnknownMethod, Misunderstood, or what the method raises."""
        method = self._methods.get(name)
        if method is None:
            shown = name[:NAME_CHARS_SHOWN]
            raise UnknownMethod(f"there is no method {shown!r}", _nearest(shown, self._methods))
        _check(name, method.parameters, params)
        result = method.function(**params)
        if inspect.isawaitable(result):
            result = await cast("Awaitable[object]", result)
        assert isinstance(result, dict), f"{name} must return an object"
        return cast("Json", result)


def _check(method: str, parameters: Mapping[str, _Parameter], params: Mapping[str, object]) -> None:
    for name, value in params.items():
        known = parameters.get(name)
        if known is None:
            takes = ", ".join(parameters) or "no parameters"
            shown = name[:NAME_CHARS_SHOWN]
            raise Misunderstood(f"{method} has no parameter {shown!r}", f"it takes {takes}")
        if not known.check(value):
            raise Misunderstood(f"{method}: {name} must be a {known.type}")
    for name, parameter in parameters.items():
        if parameter.is_required and name not in params:
            raise Misunderstood(f"{method} needs {name}", f"it is a {parameter.type}")


def _nearest(name: str, names: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"perhaps {near[0]}?" if near else "`goodword api` lists them"


# --- what a signature says ---------------------------------------------------------------------


def _parameters(name: str, function: Function) -> dict[str, _Parameter]:
    hints = get_type_hints(function)
    found: dict[str, _Parameter] = {}
    for each in inspect.signature(function).parameters.values():
        if each.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise TypeError(f"{name}: {each.name} must be keyword-only")
        type_, check = _type(name, hints.get(each.name))
        is_required = each.default is inspect.Parameter.empty
        found[each.name] = _Parameter(
            name=each.name,
            type=type_,
            check=check,
            is_required=is_required,
            default=None if is_required else each.default,
        )
    return found


def _type(name: str, hint: object) -> tuple[str, Callable[[object], bool]]:
    if hint in _TYPES:
        return _TYPES[hint]
    # get_type_hints gives `X | None` as types.UnionType, and `Optional[X]` as typing.Union.
    if get_origin(hint) in (UnionType, Union):
        members = [each for each in get_args(hint) if each is not NoneType]
        if len(members) == 1 and len(get_args(hint)) == 2:  # X and None
            type_, check = _type(name, members[0])
            return f"{type_} or null", lambda value: value is None or check(value)
    raise TypeError(f"{name}: {hint!r} has no place in JSON")


def _is_string(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON can escape half a surrogate pair, which UTF-8 cannot hold
        return False
    return True


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= INTEGER_MAX


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool)


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(_is_string(each) for each in cast("list[object]", value))


_TYPES: Final[dict[object, tuple[str, Callable[[object], bool]]]] = {
    str: ("string", _is_string),
    int: ("integer", _is_integer),
    bool: ("boolean", _is_boolean),
    list[str]: ("list of strings", _is_strings),
}
