"""The notebook of PyCOMPSs programs from its first cell to its last."""

from pathlib import Path

import pytest

from eflows_nb.workflows.run import run

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "20-pycompss.ipynb"

pytestmark = [pytest.mark.notebooks, pytest.mark.engines]


def test_its_examples_are_right(tmp_path: Path):
    """Each prints what it should; without dislib its last part says how to get it."""
    done = run(NOTEBOOK, parameters={"size": 32}, engines=2, output=tmp_path / "executed.ipynb")

    assert done.failure is None, str(done.failure)
    text = (tmp_path / "executed.ipynb").read_text()
    assert "the group has ended: attempt 3 has found it" in text
    assert "inverted: [1.0, 0.5, nan, 0.25]" in text
    assert "'eflows-nb[pycompss]'" in text or "of the training set are right" in text
