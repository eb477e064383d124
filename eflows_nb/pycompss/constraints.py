"""``@constraint``: what a task asks of the machine, in numbers."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from math import ceil
from typing import Any

from eflows_nb.clusters.machine import installed_memory, usable_cores
from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.refusal import UnexpectedArgumentWarning
from eflows_nb.tasks.resources import USUAL, Resources

__all__ = ["ConstraintWarning", "Constraints"]

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
    """

    def __init__(self, given: Mapping[str, Any], name: str) -> None:
        self._given = {_CAMEL.sub("_", word).lower(): value for word, value in given.items()}
        self._name = name
        self._warned: set[str] = set()
        for word in self._given:
            if word not in _NUMBERS | _WORDS:
                warnings.warn(
                    f"@constraint({word}=…) of '{name}' has no effect: there is no such constraint.",
                    UnexpectedArgumentWarning,
                    stacklevel=4,
                )

    def can_be_met(self, arguments: Mapping[str, Any], namespace: Mapping[str, Any]) -> bool:
        """Return whether this machine has what a call asks for."""
        units = self._number("computing_units", arguments, namespace) or 0
        memory = self._number("memory_size", arguments, namespace) or 0
        return units <= usable_cores() and memory <= installed_memory() / 1e9

    def resources(self, arguments: Mapping[str, Any], namespace: Mapping[str, Any]) -> Resources:
        """Return what a call is to have, at most what the machine has, after a warning when it wants more.

        Raises
        ------
        TaskDefinitionError
            For an environment variable that is not set, or an expression without a value.
        """
        units = self._number("computing_units", arguments, namespace)
        memory = self._number("memory_size", arguments, namespace)
        machine = usable_cores()
        if units is not None and units > machine:
            self._warn("computing_units", units, f"this machine has {machine} cores")
        total = installed_memory()
        if memory is not None and memory > total / 1e9:
            self._warn("memory_size", memory, f"this machine has {total / 1e9:.0f} GB")
        wanted = Resources(
            cores=max(1, min(int(units or 1), machine)),
            memory=min(_in_grains(memory or 0), total - total % _GRAIN),
        )
        return USUAL if wanted == USUAL else wanted

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
        if given is None:
            return None
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


def _in_grains(gigabytes: float) -> int:
    """Return bytes, rounded up: the tasks of each size are a function of their own to the runtime."""
    return ceil(gigabytes * 1e9 / _GRAIN) * _GRAIN
