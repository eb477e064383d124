"""Notebooks from one form of task cells to another."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.cli import main
from eflows_nb.errors import CellError
from eflows_nb.notebook.cells.conversion import (
    convert,
    from_functions_to_magic,
    to_function,
    to_magic,
    to_metadata,
)


def notebook_of(*sources: str) -> dict[str, Any]:
    """Return a notebook with these code cells."""
    return {"cells": [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]}


def _named(name: str) -> dict[str, Any]:
    return {"eflows": {"version": 1, "task": {"name": name}}}


def sources(notebook: dict[str, Any]) -> list[str]:
    """Return the code of all cells."""
    return [cell["source"] for cell in notebook["cells"]]


def test_lines_of_ours_are_put_aside_and_come_back_where_they_were() -> None:
    """The metadata form has no trace of the package in its code; text within strings stays."""
    notebook = notebook_of(
        "%load_ext eflows_nb\n%eflows start 2\nx = 1",
        "%%task name\ny = x",
        'if y:\n    %eflows wait\ntext = """\n%eflows stop\n"""',
        "y  #% done",
        "%eflows",
    )

    marked = to_metadata(notebook)

    assert sources(marked) == [
        "#% load\n#% start 2\nx = 1",
        "y = x",
        'if y:\n    pass  #% wait\ntext = """\n%eflows stop\n"""',
        "y  #% done",
        "#%",
    ]
    own = [cell["metadata"].get("eflows") for cell in marked["cells"]]
    lines = {"version": 1, "lines": True}
    assert own == [lines, {"version": 1, "task": {"name": "name"}}, lines, None, lines]
    assert to_magic(marked) == notebook
    assert to_function(marked) == to_function(notebook)
    assert sources(to_function(notebook))[2].startswith("y = ef.wait_on(y)\nif y:\n    ef.barrier()\n")


def test_a_comment_that_would_run_as_a_line_is_refused() -> None:
    """In a cell of which other lines are put aside."""
    with pytest.raises(CellError, match=r"Cell 1 .* a comment that begins with '#%'"):
        to_metadata(notebook_of("%eflows start 2\n#% start 3", "%%task\nx = 1"))


@pytest.mark.parametrize("form", ["metadata", "magic", "function"])
@pytest.mark.parametrize(
    "cell",
    [
        7,
        {"source": "x"},
        {"cell_type": "code"},
        {"cell_type": "code", "source": 5, "metadata": {}},
        {"cell_type": "code", "source": "x", "metadata": None},
        {"cell_type": "code", "source": "%%task\nx = " + "-" * 100_000 + "1", "metadata": {}},
        {"cell_type": "code", "source": "%%task\nx = '\ud800'", "metadata": {}},
        {
            "cell_type": "code",
            "source": "x",
            "metadata": {"eflows": {"version": 1, "task": {"name": "a\nb"}}},
        },
        {
            "cell_type": "code",
            "source": "x",
            "metadata": {"eflows": {"version": 1, "task": {"name": "--map"}}},
        },
    ],
)
def test_what_is_no_notebook_is_refused_in_a_sentence(cell: Any, form: str) -> None:
    """Or converted; nothing else comes out of it."""
    with suppress(CellError):
        convert({"cells": [cell]}, form=form)


def test_a_notebook_that_was_marked_by_hand_gets_the_line_that_loads_task_cells() -> None:
    """Magic lines need the extension."""
    notebook = notebook_of("y = 1")
    notebook["cells"][0]["metadata"] = {"eflows": {"version": 1, "task": {"retries": 2}}}

    assert sources(to_magic(notebook)) == ["%load_ext eflows_nb", "%%task --retries 2\ny = 1"]


def test_a_task_function_has_what_the_cell_reads_and_returns_what_it_binds() -> None:
    """Imports stay outside, options become arguments, and readers wait."""
    made = to_function(
        notebook_of(
            "%load_ext eflows_nb\n%eflows start 2",
            "a, b = 1, [2]",
            "%%task two sums --time-out 2m --retries 1\nimport math\n# both\n"
            "c = math.floor(a)\nd = c + 1\nb[0] = c",
            "print(c, b)",
        )
    )

    assert sources(made) == [
        "import eflows_nb as ef\nef.start(engines=2);",
        "a, b = 1, [2]",
        "import math\n\n@ef.task(returns=2, retries=1, time_out=120, b=ef.INOUT)\n"
        "def two_sums(a, b):\n"
        '    """two sums"""\n'
        "    # both\n    c = math.floor(a)\n    d = c + 1\n    b[0] = c\n    return c, d\n\n"
        "c, d = two_sums(a, b)",
        "b, c = ef.wait_on((b, c))\nprint(c, b)",
    ]


def test_a_mapped_cell_becomes_a_list_of_calls() -> None:
    """The list and its items are as before, and the package is imported where it was not."""
    made = to_function(notebook_of("xs = [1, 2]", "%%task --map x in xs\ny = x + 1", "y"))

    assert sources(made) == [
        "import eflows_nb as ef",
        "xs = [1, 2]",
        "@ef.task\ndef make_y(x):\n    y = x + 1\n    return y\n\ny = [make_y(x) for x in xs]",
        "y = ef.wait_on(y)\ny",
    ]


def test_the_function_form_can_be_read_again() -> None:
    """The way back gives the cells that there were."""
    notebook = notebook_of(
        "%load_ext eflows_nb\n%eflows start 2",
        "a, b, xs = 1, [2], [3]",
        "%%task 'two sums' --time-out 120s --retries 1\nimport math\nc = math.floor(a)\nb[0] = c",
        "%%task --map x in xs\ny = x + 1",
        "%%task show --target n1,n2\nprint(c)",
        "print(c, b, y)",
    )

    assert sources(from_functions_to_magic(to_function(notebook))) == sources(notebook)


def test_a_task_function_whose_futures_are_used_stays_one() -> None:
    """As a task cell its results would be values."""
    cells = ["import eflows_nb as ef\na = 1", "@ef.task\ndef f(a):\n    return a\n\nb = f(a)"]
    returns = "@ef.task\ndef f(a):\n    b = a\n    return b\n\nb = f(a)"

    for used in ("b.result()", "c = f(2)"):
        notebook = notebook_of(cells[0], returns, used)
        assert sources(from_functions_to_magic(notebook)) == sources(notebook)
    notebook = notebook_of(*cells)
    assert sources(from_functions_to_magic(notebook)) == sources(notebook)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("exec('x')", "cannot be known from its code"),
        ("def g():\n    global k\n    k = 1\ng()", "'global' statement"),
        ("y = await k", "awaits outside a function"),
        ("if k:\n    z = 1", "'z' may stay unbound"),
        ("n = 1\nh = lambda: n", "one of its results is a function"),
        ("k = 2\ny = f()", "a function that it uses reads 'k', which it binds"),
        ("del k", "it deletes 'k'"),
    ],
)
def test_what_a_function_would_change_is_refused(code: str, reason: str) -> None:
    """The cell is named, and why it cannot be a function."""
    options = "" if "exec" not in code else " --in k -o x"

    with pytest.raises(CellError) as caught:
        to_function(notebook_of("k = 1\ndef f():\n    return k", f"%%task{options}\n{code}", "z"))

    assert "cannot be converted: " in str(caught.value)
    assert reason in str(caught.value)


def test_the_command_writes_another_notebook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``eflows convert`` says how many cells it has converted, and leaves everything else as it is."""
    notebook = notebook_of("%load_ext eflows_nb", "%%task\nx = 1") | {
        "metadata": {"kernelspec": {"name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path, target = tmp_path / "work.ipynb", tmp_path / "other.ipynb"
    path.write_text(json.dumps(notebook))

    assert main(["convert", str(path), "--to", "metadata", "--output", str(target)]) == 0

    made = json.loads(target.read_text())
    assert "Converted 1 task cell: " in capsys.readouterr().out
    assert made["metadata"]["kernelspec"] == {"name": "python3"}
    assert [cell["source"] for cell in made["cells"]] == [["#% load"], ["x = 1"]]


def test_the_command_names_the_cell_that_cannot_be_converted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written then, and the exit code says so."""
    path, target = tmp_path / "work.ipynb", tmp_path / "other.ipynb"
    path.write_text(json.dumps(notebook_of("x = 1", "%%task --map a in b\nx = await a")))

    assert main(["convert", str(path), "--to", "metadata", "--output", str(target)]) == 2

    assert "Cell 2 cannot be converted: it awaits outside a function" in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.parametrize("option", ["--file in:mesh.h5", "--no-cache"])
def test_what_functions_cannot_say_is_not_dropped(option: str) -> None:
    """The metadata form keeps it, a function is refused."""
    notebook = notebook_of(f"%%task {option}\na = 1", "a")

    assert sources(to_magic(to_metadata(notebook)))[-2:] == [f"%%task {option}\na = 1", "a"]
    with pytest.raises(CellError, match=f"{option}' has no place"):
        to_function(notebook)
