"""Executions of cells are remembered, however many there are."""

from __future__ import annotations

from eflows_nb.notebook.cell_executions import CellExecutions


def test_the_newest_execution_is_always_known() -> None:
    """Also that of a cell that was executed more often than is remembered."""
    executions = CellExecutions(limit=100)
    for origin in range(1000):
        executions.note(origin, "loop")

        assert executions.last() == {"loop": origin}
        assert next(reversed(executions.known().items())) == (origin, "loop")
        assert len(executions.known()) <= 100


def test_a_cell_that_was_executed_once_is_not_forgotten_for_one_that_is_often() -> None:
    """Its tasks are shown on it as long as the notebook is open."""
    executions = CellExecutions(limit=100)
    executions.note(0, "first")
    for origin in range(1, 1000):
        executions.note(origin, "loop")

    assert executions.last() == {"first": 0, "loop": 999}
    assert executions.known()[0] == "first"


def test_of_very_many_cells_those_are_forgotten_that_were_executed_first() -> None:
    """There is a bound also where each execution is of another cell."""
    executions = CellExecutions(limit=100)
    for origin in range(1000):
        executions.note(origin, f"cell {origin}")

    assert len(executions.last()) == len(executions.known()) <= 100
    assert executions.last()["cell 999"] == 999
