"""Everything that is raised.

::

    EflowsError
    +-- CellError                a task cell that cannot be one, or that does what it does not say
    +-- ClusterError             engines that cannot be started, or are gone
    +-- EngineLostError          a task whose engines died each time that it ran
    +-- ForeignFutureError       a future that belongs to another session
    +-- InternalError            something that this package did wrong, after which it does nothing any more
    +-- JournalError             a journal that there is not, or that cannot be read
    +-- NotebookError            a notebook that cannot be read or started
    +-- ParameterError           values that a notebook's parameters do not accept
    +-- RunInterruptedError      a headless run that a signal ended
    +-- TaskCancelledError       the result of a task that was cancelled
    +-- TaskDefinitionError      something that cannot be a task function
    +-- TaskFailedError          a task whose own exception cannot be brought here
    +-- TaskTimeOutError         a task that ran for longer than it may
    +-- WaitTimeoutError         results that did not come in time
"""

import signal


class EflowsError(Exception):
    """Root of all errors of this package."""


class CellError(EflowsError):
    """A task cell that cannot run as a task, or that did what it does not say."""

    def _render_traceback_(self) -> list[str]:
        """Let IPython show the text alone: where it was raised helps nobody."""
        return [f"{type(self).__name__}: {self}", *getattr(self, "__notes__", ())]


class ClusterError(EflowsError):
    """Engines that cannot be started, or are gone."""


class EngineLostError(EflowsError):
    """A task whose engines died each time that it ran."""


class ForeignFutureError(EflowsError):
    """A future that belongs to another session; it came here through a pickle."""


class InternalError(EflowsError):
    """Something that this package itself did wrong, after which its session does nothing any more."""


class JournalError(EflowsError):
    """There is no journal, or it cannot be read."""


class NotebookError(EflowsError):
    """A notebook that cannot be read or started."""


class ParameterError(EflowsError):
    """Values that a notebook's parameters do not accept; the text holds one problem a line."""


class RunInterruptedError(EflowsError):
    """A headless run that a signal ended before its last cell.

    Parameters
    ----------
    message
        What was interrupted, and what is left of it.
    received
        The signal.
    """

    def __init__(self, message: str, received: signal.Signals) -> None:
        super().__init__(message)
        self.received = received


class TaskCancelledError(EflowsError):
    """The result of a task that was cancelled, by the user or because something that it reads failed."""


class TaskDefinitionError(EflowsError, TypeError):
    """Something that cannot be a task function, or a direction that does not fit it."""


class TaskFailedError(EflowsError):
    """A task failed with an exception that cannot be brought here; the text holds its traceback."""


class TaskTimeOutError(EflowsError, TimeoutError):
    """A task that ran for longer than its time_out."""


class WaitTimeoutError(EflowsError, TimeoutError):
    """Results that did not come in time; their tasks go on."""
