"""``@profile`` below ``@task``: how long each call takes, and how much memory."""

from __future__ import annotations

import functools
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["PROFILE", "Profile", "profile"]

_FILE = "COMPSS_PROFILING_FILE"


class Profile:
    """The decorator ``@profile()``.

    Parameters
    ----------
    full_report
        Whether each figure has a line with its name; else there is one line of start, process, file,
        function, seconds, memory before and after, and peak.
    """

    def __init__(self, full_report: bool = True, *_: Any, **__: Any) -> None:
        self.full_report = full_report

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with a report after each call.

        It is printed, or goes to the end of the file that the environment variable COMPSS_PROFILING_FILE
        names. Memory is that of the process, in bytes; its peak is that since the process began.
        """

        @functools.wraps(function)
        def profiled(*args: Any, **kwargs: Any) -> Any:
            before, start = _resident(), time.time()
            result = function(*args, **kwargs)
            report = self._report(function, start, time.time() - start, before)
            if os.environ.get(_FILE):
                with Path(os.environ[_FILE]).open("a") as file:
                    file.write(report + "\n")
            else:
                print(report)
            return result

        return profiled

    def _report(self, function: Callable[..., Any], start: float, seconds: float, before: int) -> str:
        after, peak = _resident(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        name, file = function.__qualname__, function.__code__.co_filename
        if not self.full_report:
            return f"{start:.7f} {os.getpid()} {file} {name} {seconds} {before} {after} {peak}"
        return (
            f"Function: {name}\nFile: {file}\nProcess: {os.getpid()}\nTask start time: {start}\n"
            f"Elapsed time: {seconds}\nInitial memory: {before}\nFinal memory: {after}\nPeak memory: {peak}"
        )


profile = PROFILE = Profile


def _resident() -> int:
    """Return the bytes of memory that the process has now; where that is not known, the most it had."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * resource.getpagesize()
