"""The command ``eflows``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from eflows_nb.cli import main
from eflows_nb.workflows import demo

WriteNotebook = Callable[..., Path]

_HEAVY = {
    "IPython",
    "ipyparallel",
    "jupyter_client",
    "matplotlib",
    "nbclient",
    "nbformat",
    "numpy",
    "papermill",
}


def _modules_after(*arguments: str) -> set[str]:
    """Return the top-level modules imported by the command."""
    code = (
        "import sys\nfrom eflows_nb.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print('\\n' + ' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


def _refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what the command says when it refuses."""
    try:
        code = main(arguments)
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    assert code == 2
    return capsys.readouterr().err


def test_the_command_and_its_refusals_import_nothing_heavy(write_notebook: WriteNotebook) -> None:
    """A wrong parameter is refused in a tenth of a second, not after seconds of imports."""
    notebook = write_notebook("x = 1", parameters="n: int = 1")

    assert not _modules_after("--help") & _HEAVY
    assert not _modules_after("run", str(notebook), "-p", "n=many") & _HEAVY
    assert not _modules_after("parameters", str(notebook)) & _HEAVY


def test_the_version_is_that_of_the_package() -> None:
    """``python -m eflows_nb`` is the command too."""
    done = subprocess.run(
        [sys.executable, "-m", "eflows_nb", "--version"], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("eflows ")


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """The first thing that is typed."""
    with pytest.raises(SystemExit) as end:
        main(["--help"])

    assert end.value.code == 0
    text = capsys.readouterr().out
    assert all(command in text for command in ("run", "parameters", "demo"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["run"], "the following arguments are required: NOTEBOOK"),
        (["run", "x.ipynb", "-p", "n"], "'n' is not NAME=VALUE"),
        (["run", "x.ipynb", "-p", "=5"], "'=5' is not NAME=VALUE"),
        (["run", "x.ipynb", "--engines", "0"], "'0' is not a whole number from 1 up"),
        (["run", "x.ipynb", "--engines", "many"], "'many' is not a whole number from 1 up"),
        (["run", "absent.ipynb"], "There is no notebook 'absent.ipynb'; check the path."),
        (["parameters", "absent.ipynb"], "There is no notebook 'absent.ipynb'; check the path."),
    ],
)
def test_a_wrong_command_line_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """Exit code 2, no traceback, no page of usage."""
    written = _refused(capsys, *arguments)

    assert written.startswith("eflows: error: ")
    assert message in written
    assert len(written.splitlines()) == 1


def test_every_wrong_parameter_is_told_on_a_line(
    capsys: pytest.CaptureFixture[str], write_notebook: WriteNotebook
) -> None:
    """All problems at once."""
    notebook = write_notebook("x = 1", parameters="hours: float = 2.0\nn: int = 1")

    written = _refused(capsys, "run", str(notebook), "-p", "hour=3", "-p", "n=2.5")

    assert written.splitlines() == [
        f"eflows: error: Notebook '{notebook}' has no parameter 'hour'; did you mean 'hours'? "
        "It accepts hours, n.",
        "eflows: error: Parameter 'n' got '2.5', but accepts a whole number (int; its default is 1).",
    ]


def test_a_value_may_hold_equals_signs_and_dashes(
    capsys: pytest.CaptureFixture[str], write_notebook: WriteNotebook
) -> None:
    """Only the first equals sign separates; a negative longitude is no option."""
    notebook = write_notebook("x = 1", parameters="n: int = 1")

    written = _refused(capsys, "run", str(notebook), "-p", "n=-75,a=b")

    assert "got '-75,a=b'" in written


def test_parameters_are_listed_with_type_default_and_meaning(
    capsys: pytest.CaptureFixture[str], write_notebook: WriteNotebook
) -> None:
    """In the order of the cell."""
    notebook = write_notebook(
        parameters="magnitude: float = 9.1  # moment magnitude\nname: str  # of the event\nn = 3"
    )

    assert main(["parameters", str(notebook)]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "magnitude  float  9.1         moment magnitude",
        "name       str    (required)  of the event",
        "n          int    3",
    ]


def test_a_notebook_without_parameters_lists_none(
    capsys: pytest.CaptureFixture[str], write_notebook: WriteNotebook
) -> None:
    """An answer, not an error."""
    assert main(["parameters", str(write_notebook("x = 1"))]) == 0
    assert "takes no parameters" in capsys.readouterr().out


@pytest.mark.notebooks
def test_run_prints_the_headings_and_the_executed_notebook(
    capfd: pytest.CaptureFixture[str], write_notebook: WriteNotebook, tmp_path: Path
) -> None:
    """In a batch job's log: a line a heading, and the result last."""
    notebook = write_notebook("# Prepare", "x = 1", "# Solve", "y = 1")
    output = tmp_path / "out.ipynb"

    assert main(["run", str(notebook), "--output", str(output)]) == 0

    printed = capfd.readouterr()
    assert printed.out.splitlines()[-1].endswith(f": {output}")
    assert [line.split()[-1] for line in printed.err.splitlines()] == ["Prepare", "Solve"]


@pytest.mark.notebooks
def test_run_says_which_cell_failed(
    capfd: pytest.CaptureFixture[str], write_notebook: WriteNotebook, tmp_path: Path
) -> None:
    """Exit code 1, and one sentence with cell, line, error and file."""
    output = tmp_path / "out.ipynb"

    assert main(["run", str(write_notebook("x = 1", "int('a')")), "--output", str(output)]) == 1

    assert capfd.readouterr().err.splitlines() == [
        "eflows: error: Cell 2 (\"int('a')\") failed: ValueError: "
        f"invalid literal for int() with base 10: 'a'. What was executed is in '{output}'."
    ]


@pytest.mark.notebooks
def test_relative_paths_start_where_the_command_is_run(
    write_notebook: WriteNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path typed on the command line means the same in the notebook."""
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "data.txt").write_text("found")
    monkeypatch.chdir(folder)
    notebook = write_notebook("print(open(data).read())", parameters="data: str = ''")

    assert main(["run", os.path.relpath(notebook), "-p", "data=data.txt"]) == 0

    assert (folder / "work.executed.ipynb").exists()


@pytest.mark.notebooks
def test_demo_says_where_its_results_are(
    capfd: pytest.CaptureFixture[str],
    write_notebook: WriteNotebook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Notebook and figures are named as paths; the notebook gets the folder as its parameter."""
    notebook = write_notebook(
        "from pathlib import Path\nPath(output, 'map.png').write_bytes(b'')", parameters="output: str = ''"
    )
    monkeypatch.setattr(demo, "demo_notebook", lambda: notebook)
    monkeypatch.chdir(tmp_path)

    assert main(["demo"]) == 0

    printed = capfd.readouterr().out
    assert "eflows-demo/work.executed.ipynb" in printed
    assert "Figure: eflows-demo/map.png" in printed


def test_the_demo_notebook_takes_a_folder() -> None:
    """What `eflows demo` relies on, in the checkout and in the wheel."""
    content = json.loads(demo.demo_notebook().read_text())
    sources = [
        "".join(cell["source"])
        for cell in content["cells"]
        if "parameters" in cell["metadata"].get("tags", ())
    ]

    assert "output" in sources[0]
