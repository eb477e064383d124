"""The types of single values: what each accepts as text and as a value.

`parse` takes what was typed on a command line, `check` a value that is already one. Both return the value
to inject (plain JSON: None, bool, int, float, str, list, dict) or raise ``ValueError``; `accepts` says in
words what they take.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

__all__ = [
    "Anything",
    "Boolean",
    "Choice",
    "Integer",
    "Location",
    "Nothing",
    "Real",
    "Text",
    "Unsupported",
    "Value",
    "ValueType",
    "literal",
]

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]


class ValueType(Protocol):
    """What a parameter accepts."""

    @property
    def accepts(self) -> str:
        """What is accepted, in words."""

    def parse(self, text: str) -> Value:
        """Return the value that this text stands for, or raise ``ValueError``."""

    def check(self, value: object) -> Value:
        """Return this value as it is injected, or raise ``ValueError``."""


@dataclass(frozen=True, slots=True)
class Integer:
    """``int``: whole numbers; ``2.5`` and ``True`` are none."""

    accepts: str = "a whole number"

    def parse(self, text: str) -> int:
        """Read decimal digits with a sign."""
        return int(text)

    def check(self, value: object) -> int:
        """Take an int that is not a bool."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise ValueError(value)


@dataclass(frozen=True, slots=True)
class Real:
    """``float``: numbers, whole ones too."""

    accepts: str = "a number"

    def parse(self, text: str) -> float:
        """Read a decimal number."""
        return float(text)

    def check(self, value: object) -> float:
        """Take a float or an int."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError as error:
                raise ValueError(value) from error
        raise ValueError(value)


@dataclass(frozen=True, slots=True)
class Boolean:
    """``bool``: true or false; in a union only by these two words, so that ``no`` can stay text."""

    words: bool = True

    @property
    def accepts(self) -> str:
        """The two words."""
        return "true or false"

    def parse(self, text: str) -> bool:
        """Read true, false and, where nothing else is accepted, yes, no, on, off, 1, 0."""
        word = text.strip().lower()
        if word in ({"true", "yes", "y", "on", "1"} if self.words else {"true"}):
            return True
        if word in ({"false", "no", "n", "off", "0"} if self.words else {"false"}):
            return False
        raise ValueError(text)

    def check(self, value: object) -> bool:
        """Take a bool."""
        if isinstance(value, bool):
            return value
        raise ValueError(value)


@dataclass(frozen=True, slots=True)
class Text:
    """``str``: the text as it is."""

    accepts: str = "text"

    def parse(self, text: str) -> str:
        """Take the text as it is."""
        return text

    def check(self, value: object) -> str:
        """Take a str."""
        if isinstance(value, str):
            return value
        raise ValueError(value)


@dataclass(frozen=True, slots=True)
class Location:
    """``Path``: a path, injected as text because papermill writes no others."""

    accepts: str = "a path"

    def parse(self, text: str) -> str:
        """Take the text as it is."""
        return text

    def check(self, value: object) -> str:
        """Take a path or its text."""
        if isinstance(value, str | PurePath):
            return str(value)
        raise ValueError(value)


@dataclass(frozen=True, slots=True)
class Nothing:
    """``None``."""

    accepts: str = "None"

    def parse(self, text: str) -> None:
        """Read ``None`` or ``null``."""
        if text.strip() not in {"None", "none", "null"}:
            raise ValueError(text)

    def check(self, value: object) -> None:
        """Take None."""
        if value is not None:
            raise ValueError(value)


@dataclass(frozen=True, slots=True)
class Choice:
    """``Literal[...]``: one of some values."""

    options: tuple[bool | int | str | None, ...]

    @property
    def accepts(self) -> str:
        """The values."""
        return "one of " + ", ".join(repr(option) for option in self.options)

    def parse(self, text: str) -> Value:
        """Read one of the values."""
        for option in self.options:
            if text == str(option):
                return option
        raise ValueError(text)

    def check(self, value: object) -> Value:
        """Take one of the values; 1 is not True."""
        for option in self.options:
            if option == value and type(option) is type(value):
                return option
        raise ValueError(value)


@dataclass(frozen=True, slots=True)
class Anything:
    """No annotation to go by, or ``Any``: a Python or JSON literal, else text."""

    accepts: str = "a number, text, a list or a dictionary"

    def parse(self, text: str) -> Value:
        """Read a literal; what is none is text."""
        try:
            return self.check(literal(text))
        except ValueError:
            return text

    def check(self, value: object) -> Value:
        """Take what JSON can hold; a tuple becomes a list, a path text."""
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, PurePath):
            return str(value)
        if isinstance(value, list | tuple):
            return [self.check(item) for item in value]
        if isinstance(value, dict):
            return {Text().check(key): self.check(item) for key, item in value.items()}
        raise ValueError(value)


@dataclass(frozen=True, slots=True)
class Unsupported:
    """An annotation whose values cannot be given from outside; the notebook's own value stays."""

    annotation: str

    @property
    def accepts(self) -> str:
        """That it accepts nothing."""
        return "no value from outside the notebook"

    def parse(self, text: str) -> Value:
        """Refuse."""
        raise ValueError(text)

    def check(self, value: object) -> Value:
        """Refuse."""
        raise ValueError(value)


def literal(text: str) -> object:
    """Return the value of a JSON or Python literal.

    Raises
    ------
    ValueError
        If the text is neither.
    """
    for read in (json.loads, ast.literal_eval):
        try:
            value: object = read(text.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            continue
        return value
    raise ValueError(text)
