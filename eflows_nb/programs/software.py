"""``@software``: what a task is stands in a JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.programs.function import ProgramTask, above_task
from eflows_nb.pycompss.api import parameter as words
from eflows_nb.pycompss.api import programs
from eflows_nb.pycompss.parameters import declare
from eflows_nb.pycompss.programs import Container, Launcher
from eflows_nb.pycompss.requests import Request, variable_of
from eflows_nb.tasks.parameter import Parameter

__all__ = ["software"]

_PARTS = {"execution", "parameters", "constraints", "container", "prolog", "epilog"}


def software(config_file: str | Path) -> Callable[[Any], ProgramTask]:
    """Take what a task is from a file, in the words of PyCOMPSs.

    It stands above ``@ef.task``.

    Parameters
    ----------
    config_file
        Path of a JSON file; it may have environment variables in it. Of its parts none is needed:
        ``execution`` with a ``type`` (``binary``, ``mpi``, ``mpmd_mpi``, ``http`` or ``task``) and the
        arguments of that decorator; ``parameters``, such as ``{"out": "FILE_OUT_STDOUT"}``, also
        ``{"x": {"type": "FILE_IN", "prefix": "-i"}}``; ``constraints`` with ``computing_units`` and
        ``memory_size`` (in 10⁹ bytes); ``container``, ``prolog`` and ``epilog``. A service of ``http`` is
        found by the environment variable ``EFLOWS_HTTP_<SERVICE_NAME>``.

    Raises
    ------
    TaskDefinitionError
        When the file cannot be read or has a part, a parameter or a type that nobody knows, when a program or
        an address is missing, or when it stands above no task function, or twice.

    Examples
    --------
    >>> import eflows_nb as ef, json, pathlib, tempfile
    >>> config = {
    ...     "execution": {"type": "binary", "binary": "echo", "args": "{{word}}"},
    ...     "parameters": {"out": "FILE_OUT_STDOUT"},
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(f"{folder}/echo.json").write_text(json.dumps(config))
    ...     @ef.software(f"{folder}/echo.json")
    ...     @ef.task
    ...     def echo(word, out): ...
    ...     _ = echo("hello", f"{folder}/out")
    ...     ef.wait_on_file(f"{folder}/out").read_text().strip()
    'hello'
    """
    path = Path(os.path.expandvars(str(config_file)))

    def change(task: ProgramTask) -> None:
        try:
            config = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise TaskDefinitionError(
                f"@ef.software of '{task.name}': {path} cannot be read: {error}."
            ) from error
        _known(task, path, "a part", config, _PARTS)
        given = config.get("parameters", {})
        task.declare_more({name: _parameter(name, one) for name, one in given.items()})
        _execute(task, path, dict(config.get("execution", {})))
        if "container" in config:
            _known(task, path, "of its container", config["container"], {"engine", "image", "options"})
            programs.set_container(task, Container(**config["container"]))
        _constrain(task, path, config.get("constraints", {}))
        for word in ("prolog", "epilog"):
            if word in config:
                programs.put_around(task, config[word], after=word == "epilog")

    return above_task("software", change)


def _parameter(name: str, given: Any) -> Parameter:
    """Return what a file says of a parameter: a word, or an object of type, prefix and so on."""
    said = {key.lower(): _alias(name, one) for key, one in given.items()} if isinstance(given, dict) else None
    declared = declare(name, _alias(name, given) if said is None else said)
    return replace(declared.parameter, channel=declared.channel, prefix=declared.prefix, feeds=declared.feeds)


def _alias(name: str, given: Any) -> Any:
    return getattr(words, given, given) if isinstance(given, str) else given


def _execute(task: ProgramTask, path: Path, execution: dict[str, Any]) -> None:
    kind = execution.pop("type", "task")
    _known(task, path, "a type of execution", [kind], {"task", "binary", "mpi", "mpmd_mpi", "http"})
    if kind == "task":
        return
    if kind == "http":
        task.program = _request(task, path, execution)
        return
    runner = execution.pop("runner", "mpiexec")
    if kind == "binary":
        programs.set_program(task, "software", execution)
    elif kind == "mpmd_mpi":
        programs.set_programs(
            task, runner, execution.pop("programs", ()), working_dir=execution.pop("working_dir", None),
            fail_by_exit_value=execution.pop("fail_by_exit_value", True),
        )  # fmt: skip
    else:
        launcher = Launcher(
            runner=runner, processes=execution.pop("processes", 1), flags=execution.pop("flags", ""),
            a_unit=bool(execution.pop("scale_by_cu", False)),
        )  # fmt: skip
        if "binary" in execution:
            programs.set_program(task, "software", execution, launcher)
        else:
            _known(task, path, "of mpi without a binary", execution, set())
            programs.set_processes(task, launcher, {})


def _request(task: ProgramTask, path: Path, execution: Mapping[str, Any]) -> Request:
    parts = {"payload", "produces", "updates"}
    needed = ("request", "service_name", "resource")
    _known(task, path, "of http", execution, {*needed, *parts, "payload_type"})
    missing = [word for word in needed if word not in execution]
    if missing:
        raise TaskDefinitionError(
            f"@ef.software of '{task.name}': the http of {path} needs {' and '.join(missing)}."
        )
    return Request(
        address=f"${{{variable_of(execution['service_name'])}}}/{execution['resource'].lstrip('/')}",
        method=execution["request"].upper(),
        payload_type=execution.get("payload_type", "application/json"),
        **{word: execution.get(word) for word in parts},
    )


def _constrain(task: ProgramTask, path: Path, given: Mapping[str, Any]) -> None:
    _known(task, path, "a constraint", given, {"computing_units", "memory_size"})
    wanted: dict[str, int | str] = {}
    if "computing_units" in given:
        wanted["cores"] = given["computing_units"]
    if "memory_size" in given:
        wanted["memory"] = f"({given['memory_size']}) * 10**9"
    task.wanted = {**task.wanted, **wanted}


def _known(task: ProgramTask, path: Path, what: str, given: Iterable[str], known: Collection[str]) -> None:
    for word in given:
        if word not in known:
            raise TaskDefinitionError(
                f"@ef.software of '{task.name}': {word!r} in {path} is not {what}; those are: "
                f"{', '.join(sorted(known)) or 'none'}."
            )
