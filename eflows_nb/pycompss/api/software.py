"""``@software``: a task that a JSON file describes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.api import (
    binary,
    constraint,
    container,
    epilog,
    http,
    mpi,
    mpmd_mpi,
    multinode,
    prolog,
)
from eflows_nb.pycompss.api import parameter as words
from eflows_nb.pycompss.api.decorators import on_task, warn_of_unknown
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.refusal import UnsupportedError

__all__ = ["software"]

_KINDS = {
    "binary": binary.binary, "mpi": mpi.mpi, "mpmd_mpi": mpmd_mpi.mpmd_mpi, "http": http.http,
    "multinode": multinode.multinode,
}  # fmt: skip
_TYPES = {"int": int, "str": str, "float": float, "list": list, "dict": dict, "bool": bool, "object": object}


@on_task
def software(task: LayerTask, *, config_file: str) -> None:
    """Take what the task is from a file: ``execution``, ``parameters``, ``constraints`` and so on.

    Raises
    ------
    TaskDefinitionError
        When the file cannot be read.
    UnsupportedError
        When it describes a kind of task that is not supported.
    """
    path = Path(os.path.expandvars(config_file))
    try:
        config = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise TaskDefinitionError(f"@software of '{task.name}': {path} cannot be read: {error}.") from error
    warn_of_unknown(
        task, f"software, in {config_file},", config,
        {"execution", "parameters", "constraints", "container", "prolog", "epilog"},
    )  # fmt: skip
    options = {name: _value(value) for name, value in config.get("parameters", {}).items()}
    if options:
        task.declare(options)
    execution = dict(config.get("execution", {}))
    kind = execution.pop("type", "task")
    _decorate(task, kind, execution)
    if "container" in config:
        container.container(**config["container"])(task)
    if "constraints" in config:
        constraint.constraint(**config["constraints"])(task)
    if "prolog" in config:
        prolog.prolog(**config["prolog"])(task)
    if "epilog" in config:
        epilog.epilog(**config["epilog"])(task)


def _decorate(task: LayerTask, kind: str, execution: dict[str, Any]) -> None:
    if kind == "task":
        return
    if kind not in _KINDS:
        known = ", ".join(("task", *_KINDS))
        raise UnsupportedError(
            f"@software of '{task.name}': tasks of type '{kind}' are not run; but: {known}."
        )
    if kind == "binary":
        execution.pop("runner", None)
    _KINDS[kind](**execution)(task)


def _value(given: Any) -> Any:
    if isinstance(given, str):
        return getattr(words, given, None) or _TYPES.get(given, given)
    if isinstance(given, Mapping):
        return {key.lower(): _value(value) for key, value in given.items()}
    return given


Software = software
