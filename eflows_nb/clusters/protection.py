"""Sees to it that engines do not outlive their client, however it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["Protection"]


class Protection:
    """The client's end of a guard process (see `eflows_nb.clusters.guard`)."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("guard.py")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _say(self, line: str) -> None:
        with suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.write(os.fsencode(line) + b"\0")  # no path has one
            self._process.stdin.flush()

    def add_group(self, pid: int) -> None:
        """End this process group when the client is gone."""
        self._say(f"GROUP {pid}")

    def remove_group(self, pid: int) -> None:
        """Forget a process group, which has ended."""
        self._say(f"GONE {pid}")

    def add_cluster(self, name: str) -> None:
        """End the processes of this ipyparallel cluster when the client is gone.

        It may go while it starts one, and before it can tell the number of that.
        """
        self._say(f"CLUSTER {name}")

    def add_files(self, prefix: str) -> None:
        """Remove the files whose paths begin like this when the client is gone."""
        self._say(f"FILES {prefix}")

    def add_folder(self, path: Path) -> None:
        """Remove this folder and the files in it when the client is gone."""
        self._say(f"FOLDER {path}")

    def close(self) -> None:
        """End the guard, and what it still guards; may be called twice."""
        with suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        self._process.wait(10)
