"""Tasks: one call of a task function each, the vertices of the task graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eflows_nb.tasks.policy import OnFailure, Policy
from eflows_nb.tasks.resources import USUAL
from eflows_nb.tasks.state import WAITING, TaskState

if TYPE_CHECKING:
    from eflows_nb.tasks.data import Datum, Source

__all__ = ["FunctionCode", "Task"]


class FunctionCode:
    """A task function as engines get it: a name, a number unique in its session, a pickle and a policy.

    The original is what tasks in this process call.
    """

    __slots__ = ("__weakref__", "imports", "is_usual", "name", "number", "original", "pickled", "policy")

    def __init__(
        self, number: int, name: str, pickled: bytes, policy: Policy | None = None, original: Any = None
    ) -> None:
        self.number = number
        self.original = original
        self.name = name
        self.pickled = pickled
        self.policy = policy or Policy()
        self.is_usual = (
            self.policy.resources is USUAL
            and not self.policy.priority
            and self.policy.time_out is None
            and self.policy.on_failure is not OnFailure.CANCEL_SUCCESSORS
        )
        """Whether its tasks may run anywhere, in the order of their coming, for as long as they take."""
        self.imports: Any = None
        """What an engine needs to import the same modules, `eflows_nb.engine.imports.Imports`."""


class Task:
    """One call of a task function.

    Parameters
    ----------
    number
        Unique in its session; the datum of its first result bears the same number.
    code
        The function.
    payload
        The arguments, as `eflows_nb.engine.messages.Payload`.
    reads
        The data that the arguments refer to, each once.
    origin
        Number of the notebook cell execution that submitted it, -1 outside a notebook.
    """

    __slots__ = (
        "checkpoint",
        "code",
        "definitions",
        "engine",
        "failures",
        "lost",
        "number",
        "origin",
        "outputs",
        "payload",
        "reads",
        "sources",
        "state",
        "undispatched",
        "unmet",
        "wire_outputs",
    )

    def __init__(
        self, number: int, code: FunctionCode, payload: Any, reads: tuple[Datum, ...], origin: int = -1
    ) -> None:
        self.number = number
        self.code = code
        self.payload = payload
        self.reads = reads
        self.origin = origin
        self.outputs: tuple[Datum, ...] = ()
        self.wire_outputs: Any = None
        """How the results are divided, as `eflows_nb.engine.messages.Outputs`; None for a single one."""
        self.state: TaskState = WAITING
        self.engine = -1
        self.unmet = 0
        """How many of the data that it reads do not exist yet, or are on their way."""
        self.undispatched = 0
        """How many of them are made by tasks that no engine has yet."""
        self.checkpoint = ""
        """The file of its results for later sessions, empty for none."""
        self.definitions: tuple[FunctionCode, ...] = ()
        """Classes and functions of the notebook that the payload refers to."""
        self.sources: tuple[Source, ...] = ()
        """The files that its results come from; those that it uses itself come first."""
        self.failures = 0
        """How often its function has raised."""
        self.lost = 0
        """How many engines were lost while they ran it."""

    def __repr__(self) -> str:
        return f"<task {self.code.name}#{self.number} {self.state}>"
