"""GPUs that a process takes for as long as it lives; their names are enough to see that."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eflows_nb.engine import gpus
from eflows_nb.errors import ClusterError

_OTHER = """
import sys
from pathlib import Path
from eflows_nb.engine import gpus

print(*gpus.claim(["3", "5", "7"], int(sys.argv[2]), Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


class Other:
    """Another process that takes GPUs."""

    def __init__(self, folder: Path, count: int) -> None:
        command = [sys.executable, "-c", _OTHER, str(folder), str(count)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.taken = self._process.stdout.readline().split()

    def end(self) -> None:
        """Let it end, without a word to anybody."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[object]:
    """Start processes that take GPUs."""
    made: list[Other] = []

    def start(count: int = 1) -> Other:
        made.append(Other(tmp_path, count))
        return made[-1]

    yield start
    for process in made:
        process.end()


@pytest.fixture(autouse=True)
def shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be one that has not been shown any."""
    monkeypatch.setenv(gpus.VISIBLE, "")
    monkeypatch.setattr(gpus, "_shown", ())
    monkeypatch.setattr(gpus, "_fixed", None)


def test_whoever_comes_in_the_place_of_another_takes_its_gpu(other: type[Other]) -> None:
    """Each has one of its own, also after one of them was killed."""
    processes = [other() for _ in range(3)]
    assert [process.taken for process in processes] == [["3"], ["5"], ["7"]]
    processes[1].end()

    assert other().taken == ["5"]


def test_more_processes_than_gpus_share_them_evenly(other: type[Other]) -> None:
    """The fourth of three begins again."""
    assert [other().taken for _ in range(5)] == [["3"], ["5"], ["7"], ["3"], ["5"]]


def test_a_process_takes_all_of_its_share(other: type[Other]) -> None:
    """And no GPU twice, however many it asks for."""
    assert other(2).taken == ["3", "5"]
    assert other(4).taken == ["7", "3", "5"]


def test_what_cuda_was_told_first_is_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that should see more is told so, rather than to find one GPU of two."""
    gpus.show(["3"])
    gpus.show(["3", "5"])
    assert os.environ[gpus.VISIBLE] == "3,5"
    gpus.show(["3"])
    monkeypatch.setattr(gpus, "_is_used", lambda: True)
    gpus.show(["3"])

    with pytest.raises(ClusterError, match=r"the GPUs 3, 5, but .* than at first: 3\. .*ef\.start"):
        gpus.show(["3", "5"])
    assert os.environ[gpus.VISIBLE] == "3"
