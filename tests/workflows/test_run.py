"""Whole notebooks executed headless, in real Jupyter kernels."""

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.errors import NotebookError, ParameterError
from eflows_nb.workflows.progress import Progress
from eflows_nb.workflows.run import run

WriteNotebook = Callable[..., Path]


def _executed(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def _text(cell: dict[str, Any]) -> str:
    return "".join("".join(output.get("text", "")) for output in cell["outputs"])


@pytest.mark.notebooks
def test_a_run_executes_all_cells_with_its_parameters(
    write_notebook: WriteNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The executed notebook holds the outputs, the values injected and the facts of the run."""
    monkeypatch.chdir(tmp_path)
    notebook = write_notebook(
        "# Title",
        "import os, sys\nprint(n, x, data, os.getcwd(), os.environ['EFLOWS_RUN'])",
        "print(sys.executable)",
        parameters="n: int = 1\nx: float = 2.0\ndata: str = ''",
    )

    done = run(notebook, parameters={"n": 64, "x": 5, "data": 'a "quoted" \\ path'})

    assert done.ok
    assert done.output == Path("work.executed.ipynb")
    executed = _executed(done.output)
    assert _text(executed["cells"][3]) == f'64 5.0 a "quoted" \\ path {tmp_path} 1\n'
    assert _text(executed["cells"][4]) == f"{sys.executable}\n"
    record = executed["metadata"]["eflows"]["run"]
    assert record["status"] == "SUCCESS"
    assert record["parameters"] == {"n": 64, "x": 5.0, "data": 'a "quoted" \\ path'}


@pytest.mark.notebooks
def test_a_kernel_that_is_not_installed_becomes_this_python(
    write_notebook: WriteNotebook, tmp_path: Path
) -> None:
    """A notebook from a colleague's environment runs in one's own; paths may hold braces and spaces."""
    notebook = write_notebook(
        "import sys\nprint(sys.executable)",
        name="of {my} colleague.ipynb",
        metadata={"kernelspec": {"name": "colleague-env", "language": "python", "display_name": "Theirs"}},
    )

    done = run(notebook, output=tmp_path)

    assert done.output == tmp_path / "of {my} colleague.executed.ipynb"
    assert _text(_executed(done.output)["cells"][0]) == f"{sys.executable}\n"


@pytest.mark.notebooks
def test_python3_is_this_python_whatever_is_installed_elsewhere(
    write_notebook: WriteNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel of this name that the user installed from another environment does not win."""
    other = tmp_path / "kernels" / "python3"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text('{"argv": ["false"], "language": "python", "display_name": "Other"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    notebook = write_notebook("x = 1", metadata={"kernelspec": {"name": "python3", "language": "python"}})

    assert run(notebook, output=tmp_path).ok


@pytest.mark.notebooks
def test_a_folder_to_be_made_ends_with_a_slash(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """As elsewhere in the shell."""
    done = run(write_notebook("x = 1"), output=f"{tmp_path}/results/")

    assert done.output == tmp_path / "results" / "work.executed.ipynb"


@pytest.mark.notebooks
def test_a_failing_cell_ends_the_run_and_is_named(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """The cell is counted as in the notebook that was run; those after it are not executed."""
    notebook = write_notebook("# Title", "\nvalue = 1 / n", "open('never', 'w')", parameters="n: float = 1.0")
    output = tmp_path / "sub" / "out.ipynb"

    done = run(notebook, parameters={"n": 0}, output=output, cwd=tmp_path)

    assert not done.ok
    assert str(done.failure) == "Cell 3 ('value = 1 / n') failed: ZeroDivisionError: float division by zero."
    assert not (tmp_path / "never").exists()
    assert _executed(output)["metadata"]["eflows"]["run"]["status"] == "FAILED"


@pytest.mark.notebooks
def test_a_kernel_that_dies_is_a_failure_of_its_cell(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """Out of memory looks like this; the notebook says so too."""
    notebook = write_notebook("x = 1", "import os\nos.kill(os.getpid(), 9)", "y = 1")

    done = run(notebook, output=tmp_path)

    assert str(done.failure) == (
        "Cell 2 ('import os') failed: DeadKernelError: "
        "The Jupyter kernel was killed while this cell ran, perhaps for want of memory."
    )
    statuses = [
        cell["metadata"].get("papermill", {}).get("status") for cell in _executed(done.output)["cells"]
    ]
    assert statuses[-2:] == ["failed", "pending"]


@pytest.mark.notebooks
def test_cells_are_sent_with_their_metadata(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """As JupyterLab sends it, so that cell metadata means the same headless."""
    notebook = write_notebook("print(get_ipython().kernel.get_parent('shell')['metadata']['cellId'])")

    done = run(notebook, output=tmp_path)

    assert _text(_executed(done.output)["cells"][0]) == "cell-0\n"


@pytest.mark.notebooks
def test_late_output_lands_in_the_cell_that_caused_it(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """What a task writes after its cell has ended is not lost, nor put elsewhere."""
    notebook = write_notebook(
        "from IPython.display import display\n"
        "handle = display('waiting', display_id=True)\n"
        "kernel = get_ipython().kernel\n"
        "first = kernel.get_parent('shell')\n"
        "print('early')",
        "late = {'name': 'stdout', 'text': 'late\\n'}\n"
        "kernel.session.send(kernel.iopub_socket, 'stream', late, parent=first)\n"
        "handle.update('arrived')\n"
        "print('second')",
    )

    done = run(notebook, output=tmp_path)

    first, second = _executed(done.output)["cells"]
    assert _text(first) == "early\nlate\n"
    assert first["outputs"][0]["data"]["text/plain"] == ["'arrived'"]
    assert _text(second) == "second\n"


@pytest.mark.notebooks
def test_text_in_pieces_is_one_output(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """A loop that prints does not leave a hundred outputs."""
    notebook = write_notebook("import sys\nfor i in range(5):\n    print(i)\n    sys.stdout.flush()")

    done = run(notebook, output=tmp_path)

    (output,) = _executed(done.output)["cells"][0]["outputs"]
    assert "".join(output["text"]) == "0\n1\n2\n3\n4\n"


@pytest.mark.notebooks
def test_infinity_leaves_a_readable_notebook(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """JSON has no infinity, and a browser would refuse the file."""
    notebook = write_notebook("print(limit)", parameters="limit: float = 1.0")

    done = run(notebook, parameters={"limit": float("inf")}, output=tmp_path)

    assert "Infinity" not in done.output.read_text()
    assert _text(_executed(done.output)["cells"][2]) == "inf\n"


@pytest.mark.notebooks
def test_progress_names_the_headings(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """The observer hears where the run is, and when it is done."""
    told: list[Progress] = []

    run(write_notebook("x = 1", "# Solve", "y = 1"), output=tmp_path, on_progress=told.append)

    assert list(dict.fromkeys((one.done, one.total, one.heading) for one in told)) == [
        (0, 3, ""),
        (1, 3, "Solve"),
        (2, 3, "Solve"),
        (3, 3, "Solve"),
    ]


@pytest.mark.notebooks
def test_a_run_works_outside_the_main_thread(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """A service runs several at once; signals are then none of its business."""
    outcome: list[bool] = []
    notebook = write_notebook("x = 1")
    thread = threading.Thread(target=lambda: outcome.append(run(notebook, output=tmp_path).ok))

    thread.start()
    thread.join()

    assert outcome == [True]


def test_refused_parameters_leave_nothing(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """No file is written, no kernel started."""
    notebook = write_notebook("x = 1", parameters="n: int = 1")

    with pytest.raises(ParameterError, match="Parameter 'n' got 'many', but accepts a whole number"):
        run(notebook, parameters={"n": "many"}, output=tmp_path)

    assert list(tmp_path.iterdir()) == [notebook]


def test_the_notebook_itself_is_never_overwritten(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """Not through a link either."""
    notebook = write_notebook("x = 1")
    link = tmp_path / "link.ipynb"
    link.symlink_to(notebook)

    with pytest.raises(NotebookError, match="is the notebook itself; choose another name"):
        run(notebook, output=link)


def test_an_output_that_is_no_notebook_file_is_refused(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """A misplaced argument does not overwrite a data file."""
    with pytest.raises(NotebookError, match=r"end its name with '\.ipynb'"):
        run(write_notebook("x = 1"), output=tmp_path / "data.nc")


def test_an_output_that_cannot_be_written_is_refused(write_notebook: WriteNotebook) -> None:
    """The operating system's reason is passed on."""
    with pytest.raises(NotebookError, match="cannot be written"):
        run(write_notebook("x = 1"), output=Path(os.devnull) / "x.ipynb")


def test_a_missing_working_folder_is_refused(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """Before the kernel would fail on it."""
    with pytest.raises(NotebookError, match="which is not a folder"):
        run(write_notebook("x = 1"), cwd=tmp_path / "absent", output=tmp_path)


def test_another_language_is_refused(write_notebook: WriteNotebook) -> None:
    """Its parameters could not be checked, nor its tasks awaited."""
    notebook = write_notebook("1", metadata={"language_info": {"name": "julia"}})

    with pytest.raises(NotebookError, match="is in julia; eflows runs Python notebooks"):
        run(notebook)
