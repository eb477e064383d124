"""What a call asks for, what runs instead of it, and what it gives when it fails."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest

import eflows_nb as ef

pytestmark = pytest.mark.usefixtures("cluster")

UNITS = 1


def test_each_call_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its arguments, global names and environment variables; the rest is as the task function says."""
    monkeypatch.setenv("EFLOWS_TEST_UNITS", "1")

    @ef.constraint(cores="min(n, 1) * ${EFLOWS_TEST_UNITS} * UNITS", memory="n * 10**6 + 1")
    @ef.task(retries=1)
    def threads(n: int) -> str:
        return os.environ["PATH"] and str(n)

    call = threads.signature.bind(3)

    assert ef.wait_on([threads(3), threads(n=4)]) == ["3", "4"]
    assert threads.resources(call).cores == 1
    assert threads.resources(call).memory == 100_000_000
    assert threads.policy.retries == 1


def test_a_call_that_asks_for_too_much_is_told_of(cluster: str) -> None:
    """It runs with what there is, as where the number was given to the task function; told once of each."""

    @ef.constraint(cores="n")
    @ef.task
    def wide(n: int, where: str = cluster) -> int:
        return n

    with pytest.warns(ef.ScarceResourceWarning, match="'wide' asks for 4096 cores"):
        result = wide(4096)

    assert ef.wait_on(result) == 4096


def test_a_failure_that_is_ignored_gives_defaults(tmp_path: Path) -> None:
    """For results, and for what it writes: of a file a copy of another one."""

    @ef.defaults(returns=(0, -1), values={"items": [7], "path": str(tmp_path / "usual")})
    @ef.task(on_failure="ignore", returns=2, items=ef.INOUT, path=ef.FILE_OUT)
    def divide(x: int, y: int, items: list[int], path: str) -> tuple[int, int]:
        Path(path).write_text("made")
        return x // y, x % y

    @ef.defaults(returns=99)
    @ef.binary("sh", args="-c 'exit 3'")
    @ef.task(on_failure="ignore")
    def end() -> None: ...

    (tmp_path / "usual").write_text("usual")
    items: list[int] = []

    assert ef.wait_on(list(divide(7, 2, items, tmp_path / "a"))) == [3, 1]
    assert ef.wait_on(items) == []
    assert ef.wait_on(list(divide(7, 0, items, tmp_path / "b"))) == [0, -1]
    assert ef.wait_on(items) == [7]
    assert ef.wait_on_file(tmp_path / "b").read_text() == "usual"
    assert ef.wait_on(end()) == 99


def test_another_implementation_runs_where_one_lacks_what_it_asks_for() -> None:
    """Of several the last one that has what it asks for; the first where none has."""

    @ef.task(gpus=512)
    def simulate(x: int) -> str:
        return f"gpu {x}"

    @ef.implement(simulate)
    @ef.task
    def on_cores(x: int) -> str:
        return f"cores {x}"

    @ef.implement(simulate)
    @ef.constraint(cores="x * 4096")
    @ef.task
    def on_many_cores(x: int) -> str:
        return f"many {x}"

    @ef.task
    def usual(x: int) -> str:
        return f"usual {x}"

    @ef.implement(usual)
    @ef.task
    def unused(x: int) -> str:
        return f"unused {x}"

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ef.wait_on([simulate(1), usual(2)]) == ["cores 1", "usual 2"]
