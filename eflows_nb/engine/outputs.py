"""What a task shows, on its way to a page: in its order, bounded, without what is soon replaced."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["DISPLAYS", "SIZE", "Clear", "Display", "Error", "Output", "OutputQueue", "Room", "Text"]

DISPLAYS = 500
"""Outputs besides text that a task, and a cell, may show at a time."""

SIZE = 16 << 20
"""Characters of these together."""

_UPDATES = 1000


class Text(NamedTuple):
    """Text of a stream (1 standard output, 2 standard error)."""

    stream: int
    text: str


class Display(NamedTuple):
    """A value as a mime bundle.

    Parameters
    ----------
    data, metadata
        By mime type; JSON.
    place
        Name under which it can be replaced, empty for none.
    new
        Whether it is shown in addition, and not in the place of that name.
    """

    data: dict[str, Any]
    metadata: dict[str, Any]
    place: str = ""
    new: bool = True

    @classmethod
    def of(
        cls, data: Mapping[str, Any], metadata: Mapping[str, Any] | None, place: str = "", *, new: bool = True
    ) -> Display:
        """Return a display of what a formatter has made, which may hold bytes.

        Raises
        ------
        TypeError
            When something of it is not JSON.
        """
        clean = {
            _plain(mime): b64encode(value).decode("ascii") if isinstance(value, bytes) else _plain(value)
            for mime, value in data.items()
        }
        return cls(clean, _plain(dict(metadata or {})), _plain(place), new)

    @property
    def size(self) -> int:
        """Characters, approximately."""
        return sum(
            len(value) if isinstance(value, str) else len(json.dumps(value)) for value in self.data.values()
        )


class Clear(NamedTuple):
    """What was shown before is taken away; with ``wait`` when something else is shown."""

    wait: bool = False


class Error(NamedTuple):
    """An exception: name of its class, text, and lines of its traceback."""

    kind: str
    text: str
    lines: tuple[str, ...]


Output = Text | Display | Clear | Error


class Room:
    """How much more may be shown besides text."""

    def __init__(self) -> None:
        self.left_out = 0
        """How many outputs had no room."""
        self._count = 0
        self._size = 0

    def takes(self, display: Display) -> bool:
        """Return whether there is room for an output, and let it have that."""
        size = display.size
        if not display.new:
            if size <= SIZE:
                return True
        elif self._count < DISPLAYS and self._size + size <= SIZE:
            self._count += 1
            self._size += size
            return True
        self.left_out += 1
        return False

    def clear(self) -> None:
        """Note that nothing is shown any more."""
        self._count = self._size = 0


class OutputQueue:
    """Outputs that were not sent yet, the oldest first."""

    def __init__(self) -> None:
        self._entries: deque[_Entry] = deque()
        self._places: dict[str, list[_Entry]] = {}
        self._updates = 0

    def __bool__(self) -> bool:
        return bool(self._entries)

    def put(self, output: Output) -> None:
        """Add an output; it takes the place of those that it replaces."""
        if type(output) is Clear:
            self._clear()
        elif type(output) is Text:
            last = self._entries[-1].output if self._entries else None
            if type(last) is Text and last.stream == output.stream:
                self._entries[-1].more.append(output.text)
                return
        elif type(output) is Display and output.place and not output.new:
            for entry in list(self._places.get(output.place, ())):
                if entry.is_new:
                    entry.replace(output)
                else:
                    self._entries.remove(entry)
                    self._forget(entry)
            if self._updates >= _UPDATES:
                return
            self._updates += 1
        entry = _Entry(output)
        self._entries.append(entry)
        if type(output) is Display and output.place:
            self._places.setdefault(output.place, []).append(entry)

    def pop(self) -> Output:
        """Take the oldest output."""
        entry = self._entries.popleft()
        self._forget(entry)
        output = entry.output
        return Text(output.stream, output.text + "".join(entry.more)) if type(output) is Text else output

    def _clear(self) -> None:
        """Forget what would be taken away; updates may be of what other cells show."""
        for entry in [one for one in self._entries if one.is_new or type(one.output) in (Text, Clear)]:
            self._entries.remove(entry)
            self._forget(entry)

    def _forget(self, entry: _Entry) -> None:
        output = entry.output
        if type(output) is Display and output.place:
            entries = self._places[output.place]
            entries.remove(entry)
            if not entries:
                del self._places[output.place]
            self._updates -= not output.new


class _Entry:
    """An output in a queue, and text that came after it."""

    __slots__ = ("more", "output")

    def __init__(self, output: Output) -> None:
        self.output = output
        self.more: list[str] = []

    @property
    def is_new(self) -> bool:
        return type(self.output) is Display and self.output.new

    def replace(self, update: Display) -> None:
        if type(self.output) is Display:
            self.output = self.output._replace(data=update.data, metadata=update.metadata)


def _plain(value: Any) -> Any:
    """Return the same text or JSON in Python's own types: of others the client may not have the classes."""
    if isinstance(value, str):
        return "".join((value,))
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError) as error:
        raise TypeError(f"What is displayed cannot be sent to the notebook: {error}.") from error
