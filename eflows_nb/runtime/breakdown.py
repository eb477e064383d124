"""What becomes of a session when something happens in this package that nobody foresaw."""

from __future__ import annotations

import logging

from eflows_nb.errors import InternalError

__all__ = ["Breakdown"]

logger = logging.getLogger(__name__)


class Breakdown:
    """What was raised that nobody foresaw, for all who want something of the session after that.

    What the scheduler knows may then be half of what it should know, so that nothing moves any more.
    """

    def __init__(self) -> None:
        self.cause: Exception | None = None
        """What was raised, None as long as all is well."""
        self.told = False
        """Whether somebody was told."""

    def __bool__(self) -> bool:
        return self.cause is not None

    @property
    def reason(self) -> str:
        """What was raised, in words."""
        return f"something went wrong in eflows-nb itself: {type(self.cause).__name__}: {self.cause}"

    def note(self, cause: Exception) -> None:
        """Keep what was raised, unless something was before."""
        if self.cause is None:
            self.cause = cause
            logger.error("Something went wrong in eflows-nb itself.", exc_info=cause)

    def check(self) -> None:
        """Do nothing as long as all is well.

        Raises
        ------
        InternalError
            When something was raised; it is the cause of this error, with its traceback.
        """
        __tracebackhide__ = True
        if self.cause is not None:
            self.told = True
            raise InternalError(
                f"The session does nothing any more, since {self.reason}. You may report that with the "
                "traceback above. Results that have come can still be had, and ef.stop() ends the engines; "
                "start Python again to go on."
            ) from self.cause
