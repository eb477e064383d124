"""``@constraint``: what a task asks of the machine, in numbers."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from math import ceil
from typing import Any

from eflows_nb.clusters.machine import installed_memory, usable_cores, usable_gpus
from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.refusal import UnexpectedArgumentWarning
from eflows_nb.tasks.resources import USUAL, Resources

__all__ = ["ConstraintWarning", "Constraints", "in_grains"]

CPU, GPU = "CPU", "GPU"
_GRAIN = 100_000_000
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NUMBERS = {"computing_units", "memory_size", "storage_size", "storage_bw", "wall_clock_limit"}
_WORDS = {
    "app_software", "host_queues", "is_local", "memory_type", "operating_system_distribution",
    "operating_system_type", "operating_system_version", "processor_architecture",
    "processor_internal_memory_size", "processor_name", "processor_property_name", "processor_property_value",
    "processor_speed", "processor_type", "processors", "storage_type",
}  # fmt: skip


class ConstraintWarning(UserWarning):
    """A constraint that this machine cannot meet; the task runs with what there is."""


class Constraints:
    """What ``@constraint(...)`` says.

    Parameters
    ----------
    given
        The arguments of the decorator.
    name
        Of the task function, for errors.

    Raises
    ------
    TaskDefinitionError
        For processors that are no list of dictionaries.
    """

    def __init__(self, given: Mapping[str, Any], name: str) -> None:
        self._given = {_plain(word): value for word, value in given.items()}
        self._name = name
        self._warned: set[str] = set()
        for word in self._given:
            if word not in _NUMBERS | _WORDS:
                warnings.warn(
                    f"@constraint({word}=…) of '{name}' has no effect: there is no such constraint.",
                    UnexpectedArgumentWarning,
                    stacklevel=4,
                )
        processors = self._given.get("processors") or ()
        if not isinstance(processors, (list, tuple)) or not all(
            isinstance(one, Mapping) for one in processors
        ):
            raise TaskDefinitionError(
                f"@constraint(processors={processors!r}) of '{name}' is no list of processors. "
                'Give one such as [{"ProcessorType": "GPU", "ComputingUnits": "1"}].'
            )

    def can_be_met(self, arguments: Mapping[str, Any], namespace: Mapping[str, Any]) -> bool:
        """Return whether this machine has what a call asks for."""
        memory = self._number("memory_size", arguments, namespace) or 0
        wanted = self._processors(arguments, namespace)
        return memory <= installed_memory() / 1e9 and all(
            units <= _available(kind) for kind, units in wanted.items()
        )

    def resources(self, arguments: Mapping[str, Any], namespace: Mapping[str, Any]) -> Resources:
        """Return what a call is to have, at most what the machine has, after a warning when it wants more.

        Raises
        ------
        TaskDefinitionError
            For an environment variable that is not set, or an expression without a value.
        """
        wanted = self._processors(arguments, namespace)
        there = {kind: _available(kind) for kind in (CPU, *wanted)}
        for kind, units in wanted.items():
            if units > there[kind]:
                self._warn(_asked(kind), units, f"this machine has {_in_words(kind, there[kind])}")
        memory = self._number("memory_size", arguments, namespace)
        total = installed_memory()
        if memory is not None and memory > total / 1e9:
            self._warn("memory_size", memory, f"this machine has {total / 1e9:.0f} GB")
        found = Resources(
            cores=max(1, min(int(wanted.get(CPU, 1)), there[CPU])),
            memory=min(in_grains(memory or 0), total - total % _GRAIN),
            gpus=min(int(wanted.get(GPU, 0)), there.get(GPU, 0)),
        )
        return USUAL if found == USUAL else found

    def cores(self, arguments: Mapping[str, Any], namespace: Mapping[str, Any]) -> int:
        """Return how many cores a call asks for, also if there are fewer; 0 for none."""
        return int(self._processors(arguments, namespace).get(CPU, 0))

    def _processors(self, arguments: Mapping[str, Any], namespace: Mapping[str, Any]) -> dict[str, float]:
        """Return how many units of each kind of processor a call asks for."""
        wanted: dict[str, float] = {}
        kind = str(self._given.get("processor_type") or CPU).upper()
        units = self._number("computing_units", arguments, namespace)
        if units is not None:
            wanted[kind] = units
        elif kind != CPU:
            wanted[kind] = 1
        for given in self._given.get("processors") or ():
            told = {_plain(word): value for word, value in given.items()}
            kind = str(told.get("processor_type") or CPU).upper()
            units = self.value("processors", told.get("computing_units", 1), arguments, namespace)
            wanted[kind] = max(units, wanted.get(kind, 0))
        return wanted

    def _warn(self, word: str, value: float, why: str) -> None:
        if word not in self._warned:
            self._warned.add(word)
            warnings.warn(
                f"The constraint {word}={value:g} of '{self._name}' cannot be met: {why}. "
                "The task runs with what there is.",
                ConstraintWarning,
                stacklevel=6,
            )

    def _number(self, word: str, arguments: Mapping[str, Any], namespace: Mapping[str, Any]) -> float | None:
        given = self._given.get(word)
        value = None if given is None else self.value(word, given, arguments, namespace)
        if value is not None and value < 0:
            raise TaskDefinitionError(
                f"The constraint {word}={given!r} of '{self._name}' is {value:g}, less than nothing."
            )
        return value

    def value(
        self, word: str, given: Any, arguments: Mapping[str, Any], namespace: Mapping[str, Any]
    ) -> float:
        """Return a number that is given as such, or as an expression over arguments and variables.

        Parameters
        ----------
        word
            What it is of, for errors.

        Raises
        ------
        TaskDefinitionError
            For an environment variable that is not set, or an expression without a value.
        """
        if not isinstance(given, str):
            return float(given)
        text = _VARIABLE.sub(lambda match: self._variable(word, given, match[1] or match[2]), given)
        try:
            return float(text)
        except ValueError:
            pass
        try:
            return float(eval(text, dict(namespace), dict(arguments)))  # the program's own expression
        except Exception as error:
            raise TaskDefinitionError(
                f"The constraint {word}={given!r} of '{self._name}' has no value: {error}. "
                "It may name parameters of the function, global variables, and environment variables as "
                "in '${UNITS}'."
            ) from error

    def _variable(self, word: str, given: str, name: str) -> str:
        try:
            return os.environ[name]
        except KeyError:
            raise TaskDefinitionError(
                f"The constraint {word}={given!r} of '{self._name}' refers to the environment variable "
                f"{name}, which is not set. Set it, or give a number."
            ) from None


def _plain(word: str) -> str:
    """Return a word in small letters: ``ComputingUnits`` is ``computing_units``."""
    return _CAMEL.sub("_", word).lower()


def _available(kind: str) -> int:
    """Return how many units of a kind of processor this machine has."""
    if kind == CPU:
        return usable_cores()
    return len(usable_gpus()) if kind == GPU else 0


def _asked(kind: str) -> str:
    return "computing_units" if kind == CPU else f"{kind} computing_units"


def _in_words(kind: str, number: int) -> str:
    if kind == CPU:
        return f"{number} cores"
    return f"{number} {kind}s that can be used" if number else f"no {kind} that can be used"


def in_grains(gigabytes: float) -> int:
    """Return bytes, rounded up: the tasks of each size are a function of their own to the runtime."""
    return ceil(gigabytes * 1e9 / _GRAIN) * _GRAIN
