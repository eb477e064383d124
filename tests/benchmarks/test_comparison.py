"""The play of `benchmarks/peers.py` is fair."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def comparison(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Return what imports a module of the comparison."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return lambda name: import_module(f"comparison.{name}")


def test_settings_of_whoever_measures_do_not_count(
    comparison: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is on, and there are as many engines as workers."""
    monkeypatch.setenv("EFLOWS_JOURNAL", "off")
    monkeypatch.setenv("EFLOWS_ENGINES", "7")
    program = "import os; print([name for name in os.environ if name.startswith('EFLOWS')])"
    log = tmp_path / "log"

    comparison("rounds")._call([sys.executable, "-c", program], str(tmp_path), log, 60)

    assert log.read_text().split() == ["[]"]


def test_a_system_that_runs_tasks_in_the_client_is_found_out(comparison: Callable[[str], Any]) -> None:
    """Else it would spare itself all messages."""
    driver = SimpleNamespace(task=lambda function: function, gather=list)
    bench = SimpleNamespace(driver=driver, workers=1, scale=SimpleNamespace(limit=10))

    with pytest.raises(AssertionError):
        comparison("workloads").until_all_work(bench)


def test_promises_are_of_what_is_measured(comparison: Callable[[str], Any]) -> None:
    """Each has a measure, and what it is divided by is one or somebody."""
    targets, measures = comparison("targets"), comparison("measures").MEASURES
    others = {None, targets.POOL, targets.BEST, targets.BEST_WITH_DATA_FLOW}

    assert {target.measure for target in targets.TARGETS} <= set(measures)
    assert {target.over for target in targets.TARGETS} - others <= set(measures)
