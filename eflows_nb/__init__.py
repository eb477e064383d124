"""Compose, run and watch HPC workflows from Jupyter notebooks.

Users write ``import eflows_nb as ef``, mark functions with ``@ef.task`` and call them; see `task`, `start`
and `wait_on`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from eflows_nb.errors import (
    ClusterError,
    EflowsError,
    EngineLostError,
    InternalError,
    JournalError,
    TaskCancelledError,
    TaskDefinitionError,
    TaskFailedError,
    TaskTimeOutError,
    WaitTimeoutError,
)
from eflows_nb.runtime import session as _session
from eflows_nb.runtime.api import (
    as_completed,
    barrier,
    cancel,
    delete,
    group,
    map,
    open,
    put,
    scale,
    snapshot,
    start,
    stop,
    summary,
    task,
    trace,
    wait_on,
    wait_on_directory,
    wait_on_file,
)
from eflows_nb.runtime.arguments import StaleArgumentWarning
from eflows_nb.runtime.checkpoint import NotKeptWarning
from eflows_nb.runtime.future import Future
from eflows_nb.runtime.held import HeldFutureWarning
from eflows_nb.runtime.session import Session
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.parameter import PARAMETERS, Parameter, prefix
from eflows_nb.tasks.policy import OnFailure
from eflows_nb.tasks.resources import ScarceResourceWarning
from eflows_nb.tasks.state import TaskState

if TYPE_CHECKING:
    from eflows_nb.notebook.bars import progress
    from eflows_nb.notebook.view import view
    from eflows_nb.programs.binaries import binary, container, epilog, prolog
    from eflows_nb.programs.calls import reduction, transform
    from eflows_nb.programs.demands import constraint, defaults, implement
    from eflows_nb.programs.files import delete_file, file_exists
    from eflows_nb.programs.ranks import Program, mpi, mpmd_mpi, multinode
    from eflows_nb.programs.services import http
    from eflows_nb.programs.software import software
    from eflows_nb.programs.streams import FileStream, ObjectStream
    from eflows_nb.pycompss.layouts import Layout

__all__ = [
    "COLLECTION_FILE_IN",
    "COLLECTION_FILE_INOUT",
    "COLLECTION_FILE_OUT",
    "COLLECTION_IN",
    "COLLECTION_INOUT",
    "COLLECTION_IN_DELETE",
    "COLLECTION_OUT",
    "COMMUTATIVE",
    "CONCURRENT",
    "DICTIONARY_IN",
    "DICTIONARY_INOUT",
    "DICTIONARY_IN_DELETE",
    "DICTIONARY_OUT",
    "DIRECTORY_IN",
    "DIRECTORY_INOUT",
    "DIRECTORY_OUT",
    "FILE_COMMUTATIVE",
    "FILE_COMMUTATIVE_STDERR",
    "FILE_COMMUTATIVE_STDOUT",
    "FILE_CONCURRENT",
    "FILE_CONCURRENT_STDERR",
    "FILE_CONCURRENT_STDOUT",
    "FILE_IN",
    "FILE_INOUT",
    "FILE_INOUT_STDERR",
    "FILE_INOUT_STDOUT",
    "FILE_IN_STDIN",
    "FILE_OUT",
    "FILE_OUT_STDERR",
    "FILE_OUT_STDOUT",
    "IN",
    "INOUT",
    "IN_DELETE",
    "OUT",
    "STREAM_IN",
    "STREAM_OUT",
    "ClusterError",
    "Direction",
    "EflowsError",
    "EngineLostError",
    "FileStream",
    "Future",
    "HeldFutureWarning",
    "InternalError",
    "JournalError",
    "Layout",
    "NotKeptWarning",
    "ObjectStream",
    "OnFailure",
    "Parameter",
    "Program",
    "ScarceResourceWarning",
    "Session",
    "StaleArgumentWarning",
    "TaskCancelledError",
    "TaskDefinitionError",
    "TaskFailedError",
    "TaskState",
    "TaskTimeOutError",
    "WaitTimeoutError",
    "as_completed",
    "barrier",
    "binary",
    "cancel",
    "constraint",
    "container",
    "defaults",
    "delete",
    "delete_file",
    "epilog",
    "file_exists",
    "group",
    "http",
    "implement",
    "map",
    "mpi",
    "mpmd_mpi",
    "multinode",
    "open",
    "prefix",
    "progress",
    "prolog",
    "put",
    "reduction",
    "scale",
    "snapshot",
    "software",
    "start",
    "stop",
    "summary",
    "task",
    "trace",
    "transform",
    "view",
    "wait_on",
    "wait_on_directory",
    "wait_on_file",
]

IN: Final = Direction.IN
OUT: Final = Direction.OUT
INOUT: Final = Direction.INOUT
IN_DELETE: Final = Direction.IN_DELETE
CONCURRENT: Final = Direction.CONCURRENT
COMMUTATIVE: Final = Direction.COMMUTATIVE

FILE_IN: Final = PARAMETERS["FILE_IN"]
FILE_OUT: Final = PARAMETERS["FILE_OUT"]
FILE_INOUT: Final = PARAMETERS["FILE_INOUT"]
FILE_CONCURRENT: Final = PARAMETERS["FILE_CONCURRENT"]
FILE_COMMUTATIVE: Final = PARAMETERS["FILE_COMMUTATIVE"]
FILE_COMMUTATIVE_STDERR: Final = PARAMETERS["FILE_COMMUTATIVE_STDERR"]
FILE_COMMUTATIVE_STDOUT: Final = PARAMETERS["FILE_COMMUTATIVE_STDOUT"]
FILE_CONCURRENT_STDERR: Final = PARAMETERS["FILE_CONCURRENT_STDERR"]
FILE_CONCURRENT_STDOUT: Final = PARAMETERS["FILE_CONCURRENT_STDOUT"]
FILE_INOUT_STDERR: Final = PARAMETERS["FILE_INOUT_STDERR"]
FILE_INOUT_STDOUT: Final = PARAMETERS["FILE_INOUT_STDOUT"]
FILE_IN_STDIN: Final = PARAMETERS["FILE_IN_STDIN"]
FILE_OUT_STDERR: Final = PARAMETERS["FILE_OUT_STDERR"]
FILE_OUT_STDOUT: Final = PARAMETERS["FILE_OUT_STDOUT"]
DIRECTORY_IN: Final = PARAMETERS["DIRECTORY_IN"]
DIRECTORY_OUT: Final = PARAMETERS["DIRECTORY_OUT"]
DIRECTORY_INOUT: Final = PARAMETERS["DIRECTORY_INOUT"]
COLLECTION_IN: Final = PARAMETERS["COLLECTION_IN"]
COLLECTION_OUT: Final = PARAMETERS["COLLECTION_OUT"]
COLLECTION_INOUT: Final = PARAMETERS["COLLECTION_INOUT"]
COLLECTION_IN_DELETE: Final = PARAMETERS["COLLECTION_IN_DELETE"]
COLLECTION_FILE_IN: Final = PARAMETERS["COLLECTION_FILE_IN"]
COLLECTION_FILE_OUT: Final = PARAMETERS["COLLECTION_FILE_OUT"]
COLLECTION_FILE_INOUT: Final = PARAMETERS["COLLECTION_FILE_INOUT"]
DICTIONARY_IN: Final = PARAMETERS["DICTIONARY_IN"]
DICTIONARY_OUT: Final = PARAMETERS["DICTIONARY_OUT"]
DICTIONARY_INOUT: Final = PARAMETERS["DICTIONARY_INOUT"]
DICTIONARY_IN_DELETE: Final = PARAMETERS["DICTIONARY_IN_DELETE"]
STREAM_IN: Final = PARAMETERS["STREAM_IN"]
STREAM_OUT: Final = PARAMETERS["STREAM_OUT"]


def _show(session: Session) -> None:
    """Let a new session be seen: its journal, progress, and in a notebook cell output and the live view."""
    from eflows_nb.notebook import watch
    from eflows_nb.runtime import journal

    journal.attach(session)
    watch.watch(session)


_session.on_created(_show)


# Widgets and programs are imported when they are used, not with the package.
_LATER = {
    name: f"eflows_nb.{module}"
    for module, names in {
        "notebook.bars": ["progress"],
        "notebook.view": ["view"],
        "programs.binaries": ["binary", "container", "epilog", "prolog"],
        "programs.calls": ["reduction", "transform"],
        "programs.demands": ["constraint", "defaults", "implement"],
        "programs.files": ["delete_file", "file_exists"],
        "programs.ranks": ["Program", "mpi", "mpmd_mpi", "multinode"],
        "programs.services": ["http"],
        "programs.software": ["software"],
        "programs.streams": ["FileStream", "ObjectStream"],
        "pycompss.layouts": ["Layout"],
    }.items()
    for name in names
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    if name == "__version__":
        from importlib.metadata import version

        return version("eflows-nb")
    raise AttributeError(f"module 'eflows_nb' has no attribute {name!r}")


def load_ipython_extension(shell: Any) -> None:
    """Let cells be task cells: ``%load_ext eflows_nb``."""
    from eflows_nb.notebook.cells import extension

    extension.load(shell)


def unload_ipython_extension(_shell: Any) -> None:
    """Let cells be plain cells again: ``%unload_ext eflows_nb``."""
    from eflows_nb.notebook.cells import extension

    extension.unload()


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "eflows-nb"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "eflows_nb.server"}]
