"""The typed parameters of a notebook, and the check of values before anything starts."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self, TypeVar

from eflows_nb.errors import ParameterError
from eflows_nb.workflows.declaration import declared
from eflows_nb.workflows.parameter import Parameter
from eflows_nb.workflows.scalar_types import Value
from eflows_nb.workflows.source import Notebook

__all__ = ["Parameter", "Signature"]

_Given = TypeVar("_Given")


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """All parameters of one notebook.

    Parameters
    ----------
    notebook
        What the notebook is called in messages.
    parameters
        Its parameters in the order of the cell; None where no cell is tagged ``parameters``.
    """

    notebook: str
    parameters: tuple[Parameter, ...] | None

    @classmethod
    def of(cls, notebook: Notebook) -> Self:
        """Return what the ``parameters`` cell of a notebook declares.

        Raises
        ------
        NotebookError
            If that cell is no Python.
        """
        cell = notebook.tagged("parameters")
        if cell is None:
            return cls(notebook=notebook.name, parameters=None)
        return cls(notebook=notebook.name, parameters=declared(cell, notebook.name))

    def parse(self, given: Iterable[tuple[str, str]]) -> dict[str, Value]:
        """Return the values of parameters given as text.

        Parameters
        ----------
        given
            Name and text of each, as typed on a command line.

        Raises
        ------
        ParameterError
            With every problem there is: unknown names, texts that are not accepted, names given twice,
            parameters without a default that are missing.
        """
        pairs = list(given)
        counts = Counter(name for name, _ in pairs)
        twice = [f"Parameter {name!r} is given {n} times." for name, n in counts.items() if n > 1]
        return self._all(dict(pairs), lambda parameter, text: parameter.parse(text), twice)

    def check(self, given: Mapping[str, object]) -> dict[str, Value]:
        """Return given values as they are injected.

        Raises
        ------
        ParameterError
            With every problem there is, as `parse`.
        """
        return self._all(given, lambda parameter, value: parameter.check(value), [])

    def _all(
        self,
        given: Mapping[str, _Given],
        read: Callable[[Parameter, _Given], Value],
        problems: list[str],
    ) -> dict[str, Value]:
        declared = {parameter.name: parameter for parameter in self.parameters or ()}
        values: dict[str, Value] = {}
        for name, one in given.items():
            try:
                values[name] = read(declared[name], one)
            except KeyError:
                problems.append(self._unknown(name))
            except ParameterError as error:
                problems.append(str(error))
        problems.extend(
            f"Parameter {name!r} ({parameter.annotation}) has no default in {self.notebook!r}: "
            f"give it with -p {name}=VALUE."
            for name, parameter in declared.items()
            if parameter.default is None and name not in given
        )
        if problems:
            raise ParameterError("\n".join(problems))
        return values

    def _unknown(self, name: str) -> str:
        if self.parameters is None:
            return (
                f"Notebook {self.notebook!r} takes no parameters, so not {name!r} either: "
                "none of its cells is tagged 'parameters'."
            )
        names = [parameter.name for parameter in self.parameters]
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        accepted = f" It accepts {', '.join(names)}." if names else " Its 'parameters' cell assigns nothing."
        return f"Notebook {self.notebook!r} has no parameter {name!r}{hint}{accepted}"
