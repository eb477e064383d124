"""One typed parameter of a notebook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from eflows_nb.errors import ParameterError
from eflows_nb.workflows.annotation import type_named
from eflows_nb.workflows.scalar_types import Value

__all__ = ["Parameter"]

_Given = TypeVar("_Given")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One parameter of a notebook, as its ``parameters`` cell declares it.

    Parameters
    ----------
    name
        Its name.
    annotation
        Its type in Python's words, ``float`` or ``str | list[float]``; of a plain assignment the type of
        the default.
    default
        Its default as written in the notebook; None where a value must be given.
    description
        The comment beside or above it, "" for none.
    """

    name: str
    annotation: str
    default: str | None
    description: str = ""

    def parse(self, text: str) -> Value:
        """Return the value that a text stands for.

        Raises
        ------
        ParameterError
            If the text is none of the values that are accepted.

        Examples
        --------
        >>> Parameter(name="hours", annotation="float", default="2.0").parse("4")
        4.0
        """
        return self._taken(text, type_named(self.annotation).parse)

    def check(self, value: object) -> Value:
        """Return a value as it is injected.

        Raises
        ------
        ParameterError
            If the value is not accepted.
        """
        return self._taken(value, type_named(self.annotation).check)

    def _taken(self, given: _Given, read: Callable[[_Given], Value]) -> Value:
        try:
            return read(given)
        except ValueError as error:
            accepts = type_named(self.annotation).accepts
            default = "" if self.default is None else f"; its default is {self.default}"
            raise ParameterError(
                f"Parameter {self.name!r} got {_shortened(given)}, but accepts {accepts} "
                f"({self.annotation}{default})."
            ) from error


def _shortened(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 80 else f"{text[:77]}..."
