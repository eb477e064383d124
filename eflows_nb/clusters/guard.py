"""A small process that outlives the client by seconds, to end what the client can no longer end.

Run as a script by a bare interpreter: it imports nothing but the standard library, and nothing of ours.
It reads words from its standard input, each with a NUL at its end: ``GROUP pid`` for a process group to end,
``GONE pid`` for one that has ended, ``CLUSTER name`` for the processes of an ipyparallel cluster, ``FILES
prefix`` for files to remove, ``FOLDER path`` for a folder of files. When its input ends, or its parent is
another one, the client has stopped or is gone, and whatever is left of those ends too.
"""

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator

GRACE = 2.0
"""Seconds between asking processes to end and ending them."""


def _words() -> Iterator[str]:
    """Yield the words of the standard input until the client has gone."""
    parent = os.getppid()
    rest = b""
    while os.getppid() == parent:
        if select.select([0], [], [], 1.0)[0]:
            data = os.read(0, 65536)
            if not data:
                return
            *words, rest = (rest + data).split(b"\0")
            yield from map(os.fsdecode, words)


def _groups_of(cluster: str) -> Iterator[int]:
    """Yield the process groups of a cluster, also those whose numbers the client has not come to tell."""
    mark = b"IPP_CLUSTER_ID=" + os.fsencode(cluster)
    for process in os.listdir("/proc"):  # noqa: PTH208 - pathlib takes long to import
        if not process.isdigit():
            continue
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:  # noqa: PTH123
                words = file.read().split(b"\0")
            if b"ipyparallel.controller" in words or b"ipyparallel.engine" in words:
                with open(f"/proc/{process}/environ", "rb") as file:  # noqa: PTH123
                    if mark in file.read().split(b"\0"):
                        yield os.getpgid(int(process))
        except OSError:
            continue  # it has ended, or belongs to somebody else


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True


def _signal(groups: list[int], number: int) -> None:
    for group in groups:
        try:
            os.killpg(group, number)
        except OSError:
            continue


def _remove(prefix: str) -> None:
    folder, name = os.path.split(prefix)
    try:
        for entry in os.scandir(folder):
            if entry.name.startswith(name) and not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)  # noqa: PTH108 - pathlib takes long to import
    except OSError:
        pass


def main() -> None:
    """Guard until the input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: list[int] = []
    clusters: list[str] = []
    prefixes: list[str] = []
    folders: list[str] = []
    for said in _words():
        word, _, rest = said.partition(" ")
        if word == "GROUP":
            groups.append(int(rest))
        elif word == "GONE" and int(rest) in groups:
            groups.remove(int(rest))
        elif word == "CLUSTER":
            clusters.append(rest)
        elif word == "FILES":
            prefixes.append(rest)
        elif word == "FOLDER":
            folders.append(rest)
    for cluster in clusters:
        groups += {*_groups_of(cluster)}.difference(groups)
    _signal(groups, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline and any(_alive(group) for group in groups):
        time.sleep(0.05)
    _signal(groups, signal.SIGKILL)
    for prefix in prefixes:
        _remove(prefix)
    for folder in folders:
        for inner, _, _ in os.walk(folder, topdown=False):
            _remove(inner + "/")
            with contextlib.suppress(OSError):
                os.rmdir(inner)  # noqa: PTH106 - pathlib takes long to import


if __name__ == "__main__":
    main()
