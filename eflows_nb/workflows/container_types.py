"""The types of lists, dictionaries and alternatives, made of the scalar ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eflows_nb.workflows.scalar_types import (
    Anything,
    Boolean,
    Choice,
    Integer,
    Location,
    Nothing,
    Real,
    Text,
    Unsupported,
    Value,
    ValueType,
    literal,
)

__all__ = ["Dictionary", "Either", "Listing"]


@dataclass(frozen=True, slots=True)
class Listing:
    """``list[T]`` or ``tuple[T, ...]``: values with commas between them, with or without brackets.

    Parameters
    ----------
    item
        Type of every item.
    length
        How many items there must be; None for any number.
    """

    item: ValueType
    length: int | None = None

    @property
    def accepts(self) -> str:
        """What a list may hold, and how it is written."""
        count = "" if self.length is None else f"{self.length} items, "
        return f"a list ({count}each {self.item.accepts}), as a,b or [a, b]"

    def parse(self, text: str) -> Value:
        """Read items with commas between them, or a bracketed literal."""
        if text.strip().startswith(("[", "(")):
            return self.check(literal(text))
        parts = text.split(",") if text.strip() else []
        return self._of_length([self.item.parse(part.strip()) for part in parts])

    def check(self, value: object) -> Value:
        """Take a list or a tuple of such items."""
        if isinstance(value, list | tuple):
            return self._of_length([self.item.check(item) for item in value])
        raise ValueError(value)

    def _of_length(self, items: list[Value]) -> list[Value]:
        if self.length is not None and len(items) != self.length:
            raise ValueError(items)
        return items


@dataclass(frozen=True, slots=True)
class Dictionary:
    """``dict[str, T]``: names with values, as JSON or Python write them."""

    item: ValueType

    @property
    def accepts(self) -> str:
        """What a dictionary may hold, and how it is written."""
        return f'a dictionary (each value {self.item.accepts}), as {{"a": 1}}'

    def parse(self, text: str) -> Value:
        """Read a literal."""
        return self.check(literal(text))

    def check(self, value: object) -> Value:
        """Take a dict of such values under text keys."""
        if isinstance(value, dict):
            return {Text().check(key): self.item.check(item) for key, item in value.items()}
        raise ValueError(value)


@dataclass(frozen=True, slots=True)
class Either:
    """``A | B``: the first member that fits, text last.

    So ``int | str`` given ``5`` is a number. Where text is accepted, a list must be bracketed:
    ``str | list[float]`` given ``135,165`` stays text.
    """

    members: tuple[ValueType, ...]

    @property
    def accepts(self) -> str:
        """What any member accepts."""
        return " or ".join(member.accepts for member in self.members)

    def parse(self, text: str) -> Value:
        """Read what the most specific member makes of the text."""
        ordered = sorted(self.members, key=lambda member: _SPECIFIC.index(type(member)))
        has_text = any(isinstance(member, Text | Location) for member in ordered)
        if has_text and not text.strip().startswith(("[", "(")):
            ordered = [member for member in ordered if not isinstance(member, Listing)]
        return _first(ordered, lambda member: member.parse(text), text)

    def check(self, value: object) -> Value:
        """Take what any member takes."""
        ordered = sorted(self.members, key=lambda member: _SPECIFIC.index(type(member)))
        return _first(ordered, lambda member: member.check(value), value)


_SPECIFIC: tuple[type, ...] = (
    Nothing,
    Choice,
    Integer,
    Real,
    Boolean,
    Dictionary,
    Listing,
    Either,
    Unsupported,
    Location,
    Text,
    Anything,
)


def _first(members: list[ValueType], read: Callable[[ValueType], Value], given: object) -> Value:
    for member in members:
        try:
            return read(member)
        except ValueError:
            continue
    raise ValueError(given)
