"""Cells that are mapped over a list, in every form."""

from __future__ import annotations

from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.errors import CellError
from eflows_nb.notebook.cells import extension
from eflows_nb.notebook.cells.conversion import (
    from_functions_to_magic,
    from_functions_to_metadata,
    to_function,
    to_magic,
    to_metadata,
)

BEGIN = "k, xs = 10, [1, 2, 3]\ndef f(v): return v + k"
BODIES = {
    "one result": "%%task --map x in xs\ny = f(x) * k",
    "several results and an import": "%%task 'two of them' --map x in xs --retries 1\n"
    "import math\n# both\ny = math.floor(x / 2)\nz = [y, x]",
    "named results": "%%task -o y --map x in xs\nhelp = x * k\ny = help + 1",
    "a name that it reads and binds": "%%task --map x in xs\nk = k + x\ny = k",
    "a name that it binds on some ways": "%%task --map x in xs\nif x > 1:\n    k = x\ny = 2 * x",
    "a function of its own": "%%task -o y --map x in xs\ndef g(v):\n    return v + x\ny = g(k)",
    "no result": "%%task --map x in xs\nprint(x)",
    "a loop": "%%task -o y --map x in xs\ny = 0\nfor i in range(x):\n    y += i * k",
    "a text over several lines": '%%task --map x in xs\ny = f"""{x}\n  {k}"""',
    "an item that it binds": "%%task -o y --map x in xs\nx = x + 1\ny = x",
}
END = "print(k, y)"
VALUES = ("k", "xs", "y", "z")

every_body = pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)


def notebook_of(*sources: str) -> dict[str, Any]:
    """Return a notebook with these code cells."""
    return {"cells": [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]}


def values(notebook: Any, made: dict[str, Any]) -> dict[str, Any]:
    """Run a notebook as a front end does; return the values of its names at the end."""
    for cell in made["cells"]:
        meta = {"cellId": "a", **cell["metadata"]}
        done = notebook.shell.run_cell(cell["source"], store_history=True, cell_meta=meta)
        done.raise_error()
    active = extension.active()
    if active is not None:
        active.pending.settle(VALUES)
    names = notebook.shell.user_ns
    return {name: ef.wait_on(names[name]) for name in VALUES if name in names}


@every_body
def test_the_metadata_form_computes_the_same_with_the_package_and_without(notebook: Any, body: str) -> None:
    """It is submitted as a task for each item, and is ordinary code where nothing makes tasks of it."""
    expected = values(notebook, notebook_of(BEGIN, body))
    tasks = len(notebook.cells.executions[-1].tasks)
    marked = to_metadata(notebook_of(BEGIN, body))
    notebook.shell.reset(new_session=False)

    assert values(notebook, marked) == expected
    assert len(notebook.cells.executions[-1].tasks) == tasks == 3
    plain: dict[str, Any] = {}
    for cell in marked["cells"]:
        exec(cell["source"], plain)
    assert {name: plain[name] for name in VALUES if name in plain} == expected


@pytest.mark.parametrize("body", [body for body in BODIES.values() if '"""' not in body])
def test_the_magic_form_comes_back(body: str) -> None:
    """With its line, its comments and its code; only a text over several lines is written in one."""
    assert to_magic(to_metadata(notebook_of("%load_ext eflows_nb", body)))["cells"][-1]["source"] == body


@every_body
def test_the_function_form_computes_the_same_and_comes_back(notebook: Any, body: str) -> None:
    """With futures for the items, and as task cells again."""
    expected = values(notebook, notebook_of("%load_ext eflows_nb", BEGIN, body))
    functions = to_function(notebook_of("%load_ext eflows_nb", BEGIN, body))

    for made in (functions, from_functions_to_magic(functions), from_functions_to_metadata(functions)):
        extension.unload()
        notebook.shell.reset(new_session=False)
        extension.load(notebook.shell)
        found = values(notebook, made)
        assert {name: ef.wait_on(value) for name, value in found.items()} == expected


def test_an_empty_list_gives_empty_lists(notebook: Any) -> None:
    """In every form."""
    cells = ("xs = iter([])", "%%task --map x in xs\ny = x\nz = x")
    assert values(notebook, notebook_of(*cells)) | {"xs": 0} == {"xs": 0, "y": [], "z": []}
    plain: dict[str, Any] = {}
    for cell in to_metadata(notebook_of(*cells))["cells"]:
        exec(cell["source"], plain)
    assert (plain["y"], plain["z"]) == ([], [])


def test_a_name_without_a_value_for_an_item_is_an_error_for_its_reader(notebook: Any) -> None:
    """The variable of a loop that does not begin disturbs nobody else."""
    notebook.run("xs = [0, 1]")
    notebook.run("%%task --map x in xs\ny = 0\nfor i in range(x):\n    y = i + 5")

    assert notebook.run("y") == [0, 5]
    assert "For an item of the list 'i' has no value" in str(notebook.error("i"))


def test_a_failure_of_an_item_has_the_line_of_its_cell(notebook: Any) -> None:
    """The lines of the metadata form are those that the notebook shows."""
    marked = to_metadata(notebook_of("xs = [1, 0]", "%%task --map x in xs\nimport math\ny = 1 / x"))
    assert marked["cells"][1]["source"].splitlines()[3] == "    y = 1 / x"
    with pytest.raises(ZeroDivisionError) as caught:
        values(notebook, marked)
    trace = caught.value.__traceback__
    lines = []
    while trace is not None:
        lines.append(trace.tb_lineno)
        trace = trace.tb_next
    assert lines[-1] == 4


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("y = await x", "awaits outside a function"),
        ("if x:\n    y = 1", "'y' may stay unbound"),
        ("y = lambda: x", "one of its results is a function"),
        ("k = x\ny = f(1)", "a function that it uses reads 'k', which it binds"),
        ("y = sum([x])\nsum = 1", "reads the builtin 'sum' and binds that name"),
    ],
)
def test_what_ordinary_code_would_change_is_refused(code: str, reason: str) -> None:
    """With the cell and the reason."""
    with pytest.raises(CellError, match="Cell 2 cannot be converted: ") as caught:
        to_metadata(notebook_of(BEGIN, f"%%task --map x in xs\n{code}", END))

    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "code",
    [
        "y = 1",
        "def g(x):\n    return x\ny = [g(x) for x in ys]",
        "def g(x):\n    y = x\ny = [g(x) for x in xs]",
    ],
)
def test_code_that_is_not_mapped_as_its_metadata_say_is_refused(notebook: Any, code: str) -> None:
    """When it runs, and when it is converted."""
    made = notebook_of("xs = [1]", code)
    made["cells"][1]["metadata"] = {"eflows": {"version": 1, "task": {"map": ["x", "xs"]}}}

    with pytest.raises(CellError, match="The metadata of this cell map 'x' over 'xs', and its code is not"):
        values(notebook, made)
    with pytest.raises(CellError, match="Cell 2 cannot be converted: The metadata of this cell map 'x'"):
        to_magic(made)
