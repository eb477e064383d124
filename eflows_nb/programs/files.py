"""Files that a notebook asks for, or gives up, while tasks use them."""

from __future__ import annotations

from pathlib import Path

from eflows_nb.pycompss.removal import remove
from eflows_nb.runtime import session

__all__ = ["delete_file", "file_exists"]


def delete_file(path: str | Path) -> None:
    """Remove a file or folder, now or when all tasks that use it have ended.

    Examples
    --------
    >>> import eflows_nb as ef, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(f"{folder}/a").write_text("a")
    ...     ef.delete_file(f"{folder}/a")
    ...     pathlib.Path(f"{folder}/a").exists()
    False
    """
    remove(str(path))


def file_exists(path: str | Path) -> bool:
    """Return whether a file or folder is there, or will be once the tasks have run that were submitted.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> ef.file_exists("no-such-file")
    False
    """
    return session.current().files.exists(str(path))
