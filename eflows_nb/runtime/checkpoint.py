"""Names results by what they were made of: the code of the function and its inputs."""

from __future__ import annotations

import hashlib
import sys
import warnings
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from eflows_nb.engine import kept_files
from eflows_nb.engine.packing import Packed
from eflows_nb.errors import ClusterError
from eflows_nb.runtime.arguments import level_of_caller
from eflows_nb.runtime.code_digest import digest_of_function, digest_of_modules
from eflows_nb.runtime.files import FileAccess
from eflows_nb.runtime.future import pickling
from eflows_nb.runtime.modules import is_local
from eflows_nb.runtime.sources import NoDigestError
from eflows_nb.tasks.data import PENDING, Datum, Turn
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.policy import OnFailure
from eflows_nb.tasks.task import FunctionCode, Task

__all__ = ["Checkpoint", "NotKeptWarning"]


class NotKeptWarning(UserWarning):
    """Results are not kept, since nobody could tell whether they are those of the same code."""


class Checkpoint:
    """A folder of results that later sessions find again.

    Parameters
    ----------
    folder
        Where they are; made when it is not there.

    Raises
    ------
    ClusterError
        When the folder cannot be made or written to.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).absolute()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / ".gitignore").write_text("*\n")
        except OSError as error:
            raise ClusterError(
                f"checkpoint={str(folder)!r} is not a folder that can be written to: {error}."
            ) from error
        self._names: weakref.WeakKeyDictionary[Datum, str] = weakref.WeakKeyDictionary()
        self._codes: dict[int, bytes | None] = {}
        self._modules = _ModulesOfValues()

    def name(self, datum: Datum, packed: Packed) -> None:
        """Name a value that no task has made by its content, where that always means the same."""
        try:
            classes = self._modules.digest(packed.head)
        except NoDigestError:
            return
        self._names[datum] = _digest_of(packed) + classes.hex()

    def inputs(self, pack_arguments: Callable[[], bytes], files: FileAccess | None = None) -> bytes | None:
        """Return the arguments of a call with the data that they refer to by name, and what is in its files.

        It is None when one of them has no name: it was made before there was a folder, or by a task whose
        results have no names themselves, such as one that writes to a file beside others.
        """
        pickling.names = self._names
        try:
            packed = pack_arguments()
            packed += self._modules.digest(packed)
        except (TypeError, NoDigestError):
            return None
        finally:
            pickling.names = None
        if not files:
            return packed
        try:
            contents = [self._name_of_file(path, versions) for path, versions in files.contents()]
        except OSError:
            return None
        return None if None in contents else packed + repr(contents).encode()

    def _name_of_file(self, path: str, versions: Sequence[Datum] | None) -> str | None:
        """Return a name for what is in a file when the task of a call reads it."""
        if versions is None or len(versions) > 1:
            return None
        version = versions[0] if versions else None
        if version is None or version.value is not PENDING:
            made = type(version) is Datum and version.value and version.value == kept_files.stamp(path)
            return (self._names.get(version) if made and version else None) or kept_files.digest(path)
        return None if type(version) is Turn else self._names.get(version)

    def place(self, task: Task, function: TaskFunction[Any, Any], inputs: bytes | None) -> str:
        """Return the file for the results of a task, empty for none, and name the data that it makes.

        Those have no names where a failure would be ignored: then nobody knows beforehand what they are.
        """
        code = self._code(task.code, function) if inputs is not None else None
        if inputs is None or code is None:
            return ""
        digest = hashlib.blake2b(code, digest_size=20)
        digest.update(inputs)
        digest.update(repr((function.returns, task.code.policy.on_failure)).encode())
        key = digest.hexdigest()
        if task.code.policy.on_failure is not OnFailure.IGNORE:  # else it may be None, or the result
            for place, datum in enumerate(task.outputs):
                self._names[datum] = f"{key}-{place}"
        return str(self.folder / key[:2] / key)

    def _code(self, code: FunctionCode, function: TaskFunction[Any, Any]) -> bytes | None:
        """Return a digest of what a function computes, None where there is none, which is told once."""
        if code.number not in self._codes:
            self._codes[code.number] = None
            try:
                self._codes[code.number] = digest_of_function(function.function)
            except NoDigestError as error:
                warnings.warn(
                    f"Results of the task function '{code.name}' are not kept, and none is taken "
                    f"from '{self.folder}': {error}. Pass it as an argument, or make it within the function.",
                    NotKeptWarning,
                    stacklevel=level_of_caller(),
                )
        return self._codes[code.number]


class _ModulesOfValues:
    """Knows the user's own modules, whose classes values may be of: their methods are no part of a pickle."""

    def __init__(self) -> None:
        self._looked_at = 0
        self._local: list[tuple[str, bytes]] = []
        self._known: dict[tuple[str, ...], tuple[tuple[object, ...], bytes]] = {}

    def digest(self, head: bytes) -> bytes:
        """Return a digest of the modules that a pickle names, empty when there is none.

        Raises
        ------
        NoDigestError
            When nobody can tell what is in one.
        """
        if len(sys.modules) != self._looked_at:
            self._looked_at = len(sys.modules)
            self._local = [
                (name, name.encode()) for name, module in list(sys.modules.items()) if is_local(module)
            ]
        named = tuple(name for name, text in self._local if text in head)
        if not named:
            return b""
        specs = tuple(getattr(sys.modules.get(name), "__spec__", None) for name in named)
        known = self._known.get(named)
        if known is None or known[0] != specs:  # a reload gives a module another one
            known = self._known[named] = specs, digest_of_modules(named)
        return known[1]


def _digest_of(packed: Packed) -> str:
    digest = hashlib.blake2b(packed.head, digest_size=20)
    for buffer in packed.buffers:
        digest.update(buffer)
    return digest.hexdigest()
