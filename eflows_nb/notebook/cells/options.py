"""The options of a task cell: a ``%%task`` line, cell metadata, and what the runtime is asked for."""

from __future__ import annotations

import argparse
import functools
import json
import keyword
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from typing import Any, NoReturn

from eflows_nb.errors import CellError

__all__ = ["MAGIC", "VERSION", "TaskOptions", "duration", "schema"]

MAGIC = "%%task"
"""What the first line of a task cell begins with."""

VERSION = 1
"""Version of the metadata."""

_WAYS = ("in", "out", "inout")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}
_PART = re.compile(r"([0-9]+(?:[.][0-9]+)?)(ms|s|m|h|d)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskOptions:
    """What is said about a task cell besides its code; None and empty where nothing is said.

    Parameters
    ----------
    name
        Name of the task.
    outputs
        Names that it gives back, in place of all that the cell binds.
    inputs
        Names that it reads besides those in its code.
    inout
        Inputs that it changes in place.
    map
        Name that stands for one item, and name of the list: there is a task for each item.
    time_out
        How long it may run, as text: ``10m``.
    mpi
        Number of MPI processes that each run the cell; what the first one binds and displays counts.
    cores
        As for `eflows_nb.task`; with `mpi` those of each process.
    memory, gpus, target, on_failure, retries, priority
        As for `eflows_nb.task`.
    files
        Files that it reads, makes and changes, such as ``in:mesh.h5``.
    cache
        Whether its result may come from a checkpoint.
    """

    name: str = ""
    outputs: tuple[str, ...] | None = None
    inputs: tuple[str, ...] = ()
    inout: tuple[str, ...] = ()
    map: tuple[str, str] | None = None
    cores: int | None = None
    memory: str | None = None
    gpus: int | None = None
    target: tuple[str, ...] = ()
    mpi: int | None = None
    time_out: str | None = None
    on_failure: str | None = None
    retries: int | None = None
    priority: int | None = None
    files: tuple[str, ...] = ()
    cache: bool = True

    @classmethod
    def from_line(cls, line: str) -> TaskOptions:
        """Return the options of a ``%%task`` line.

        Raises
        ------
        CellError
            When it cannot be read.
        """
        text = line.strip().removeprefix(MAGIC)
        try:
            given = _parser().parse_args(shlex.split(text, comments=True))
        except ValueError as error:
            raise CellError(f"{line.strip()!r} cannot be read: {error}.") from error
        values = {word: value for word, value in vars(given).items() if value not in (None, [])}
        mapped = values.pop("map", None)
        if mapped is not None:
            if len(mapped) != 3 or mapped[1] != "in":
                raise CellError(f"'--map {' '.join(mapped)}' should read '--map ITEM in LIST'.")
            wrong = [word for word in mapped[::2] if not word.isidentifier() or keyword.iskeyword(word)]
            if wrong:
                raise CellError(
                    f"'--map {' '.join(mapped)}': {wrong[0]!r} is not a name. Bind the list to a name before."
                )
            values["map"] = (mapped[0], mapped[2])
        values["name"] = " ".join(values.pop("words", [])) or values.get("name", "")
        values["files"] = tuple(values.get("files", ()))
        for path in values["files"]:
            if not re.fullmatch(f"({'|'.join(_WAYS)}):.+", path):
                raise CellError(f"'--file {path}' should read --file in:PATH, out:PATH or inout:PATH.")
        return cls(**values)

    @classmethod
    def from_metadata(cls, metadata: Any) -> TaskOptions | None:
        """Return the options in the metadata of a cell, None when it is not a task cell.

        Raises
        ------
        CellError
            When what stands under the key ``eflows`` is not what the schema says.
        """
        own = metadata.get("eflows") if isinstance(metadata, Mapping) else None
        if own is None:
            return None
        _check(own)
        task = own.get("task")
        if task is None:
            return None
        values: dict[str, Any] = {
            word: tuple(value) if isinstance(value, list) else value for word, value in task.items()
        }
        return cls(**values)

    @property
    def metadata(self) -> dict[str, Any]:
        """The same as what stands under ``eflows`` in the metadata of a cell."""
        task = {
            word: list(value) if isinstance(value, tuple) else value for word, value in self._said().items()
        }
        return {"version": VERSION, "task": task}

    @property
    def line(self) -> str:
        """The same as a ``%%task`` line."""
        words = [MAGIC, shlex.quote(self.name) if self.name else ""]
        for word, value in self._said().items():
            if word == "name":
                continue
            if word == "map":
                words.append(f"--map {value[0]} in {value[1]}")
            elif word == "cache":
                words.append("--no-cache")
            elif word == "files":
                words += [f"--file {shlex.quote(path)}" for path in value]
            else:
                text = ",".join(value) if isinstance(value, tuple) else str(value)
                words.append(f"{_WORDS[word]} {shlex.quote(text)}")
        return " ".join(word for word in words if word)

    def _said(self) -> dict[str, Any]:
        return {
            word: getattr(self, word)
            for word, default in _defaults().items()
            if getattr(self, word) != default
        }

    def paths(self) -> tuple[list[str], ...]:
        """Return the files that it reads, makes and changes; empty when none are named."""
        if not self.files:
            return ()
        pairs = [path.split(":", 1) for path in self.files]
        return tuple([path for way, path in pairs if way == one] for one in _WAYS)

    def for_task(self) -> dict[str, Any]:
        """Return the options as arguments of `eflows_nb.task`."""
        given: dict[str, Any] = {}
        for word in ("memory", "gpus", "on_failure", "retries", "priority"):
            value = getattr(self, word)
            if value is not None:
                given[word] = value
        if self.target:
            given["target"] = list(self.target)
        if self.cores is not None or self.mpi is not None:
            given["cores"] = (self.cores or 1) * (self.mpi or 1)
        if self.time_out is not None:
            given["time_out"] = duration(self.time_out)
        return given


_WORDS = {
    "outputs": "-o",
    "inputs": "--in",
    "inout": "--inout",
    "cores": "--cores",
    "memory": "--memory",
    "gpus": "--gpus",
    "target": "--target",
    "mpi": "--mpi",
    "time_out": "--time-out",
    "on_failure": "--on-failure",
    "retries": "--retries",
    "priority": "--priority",
}


@functools.cache
def _defaults() -> dict[str, Any]:
    blank = TaskOptions()
    return {word: getattr(blank, word) for word in TaskOptions.__dataclass_fields__}


def duration(text: str) -> timedelta:
    """Return a time that is written like ``90``, ``90s``, ``10m`` or ``1h30m``.

    Raises
    ------
    CellError
        When it is not.

    Examples
    --------
    >>> duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    parts = _PART.findall(text)
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text or seconds <= 0:
        raise CellError(f"{text!r} is not a time. Write seconds, or something like 10m or 1h30m.")
    return timedelta(seconds=seconds)


@functools.cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of the metadata."""
    text = resources.files("eflows_nb.notebook.cells").joinpath("schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _check(own: Any) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema()).iter_errors(own))
    if error is not None:
        where = "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in error.absolute_path)
        raise CellError(
            f"The metadata eflows{where} of this cell is not valid: {error.message}. "
            "Correct it in the cell's metadata, or write the option on a %%task line."
        )


class _Parser(argparse.ArgumentParser):
    """Reports a wrong line in one sentence, and offers no way to end the program."""

    def error(self, message: str) -> NoReturn:
        raise CellError(f"{MAGIC}: {message}. Type {MAGIC}? for its options.")


def _names(option: str) -> Any:
    def split(text: str) -> tuple[str, ...]:
        names = tuple(name for name in re.split(r"[,\s]+", text) if name)
        wrong = [name for name in names if not name.isidentifier() or keyword.iskeyword(name)]
        if wrong:
            raise argparse.ArgumentTypeError(f"{wrong[0]!r} is not a name ({option} takes a,b,c)")
        return names

    return split


def _whole(least: int | None) -> Any:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if least is not None and number < least:
            raise argparse.ArgumentTypeError(f"{text!r} is too small, give {least} or more")
        return number

    return read


@functools.cache
def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog=MAGIC, add_help=False, allow_abbrev=False)
    parser.add_argument("words", nargs="*", metavar="NAME")
    parser.add_argument("--name")
    parser.add_argument("-o", "--out", dest="outputs", type=_names("--out"))
    parser.add_argument("--in", dest="inputs", type=_names("--in"))
    parser.add_argument("--inout", type=_names("--inout"))
    parser.add_argument("--map", nargs=3, metavar=("ITEM", "in", "LIST"))
    for word, least in (("cores", 1), ("gpus", 1), ("mpi", 1), ("retries", 0), ("priority", None)):
        parser.add_argument(f"--{word}", type=_whole(least))
    parser.add_argument("--memory")
    parser.add_argument("--target", type=lambda text: tuple(re.split(r"[,\s]+", text.strip(", "))))
    parser.add_argument("--time-out", dest="time_out")
    parser.add_argument(
        "--on-failure", dest="on_failure", choices=["fail", "retry", "ignore", "cancel_successors"]
    )
    parser.add_argument("--file", dest="files", action="append")
    parser.add_argument("--no-cache", dest="cache", action="store_const", const=False)
    return parser
