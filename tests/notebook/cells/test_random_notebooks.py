"""Random notebooks give the same values as task cells and run plainly."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import eflows_nb as ef
from eflows_nb.errors import CellError
from eflows_nb.notebook.cells import extension
from eflows_nb.notebook.cells.conversion import from_functions_to_magic, to_function, to_magic, to_metadata

_NUMBERS = ("a", "b", "c")
_LISTS = ("xs", "ys")
_FUNCTIONS = ("f", "g")
_BEGIN = """\
a, b, c = 1, 2, 3
xs, ys = [1, 2], [3]
def f(v): return v + a
def g(v): return f(v) * b
"""

_number = st.sampled_from(_NUMBERS)
_list = st.sampled_from(_LISTS)
_function = st.sampled_from(_FUNCTIONS)
_expression = st.one_of(
    _number,
    st.integers(0, 5).map(str),
    st.builds("{} + {}".format, _number, _number),
    st.builds("len({}) + {}[0]".format, _list, _list),
    st.builds("{}({})".format, _function, _number),
    st.builds("sum(v * {} for v in {})".format, _number, _list),
    st.builds("(lambda q: q + {})({})".format, _number, _number),
    st.builds("({0} if {1} % 2 else {2})".format, _number, _number, _number),
)
_statement = st.one_of(
    st.builds("{} = {}".format, _number, _expression),
    st.builds("{} += {}".format, _number, _expression),
    st.builds("{}, {} = {}, {}".format, _number, _number, _expression, _expression),
    st.builds("{} = [v + {} for v in {}]".format, _list, _number, _list),
    st.builds("{} = {} + [{}]".format, _list, _list, _expression),
    st.builds("{}[0] = {}".format, _list, _expression),
    st.builds("{} += [{}]".format, _list, _expression),
    st.builds("for v in {}:\n    {} = v + {}".format, _list, _number, _number),
    st.builds("if {} % 2:\n    {} = {}".format, _number, _number, _expression),
    st.builds("if {} % 3:\n    {} = [{}]\nelse:\n    {}[0] = 1".format, _number, _list, _expression, _list),
    st.builds(
        "try:\n    {} = 1 // ({} % 2)\nexcept ZeroDivisionError as e:\n    {} = 7".format, *[_number] * 3
    ),
    st.builds("def {}(v):\n    return v * {} + {}".format, _function, _number, _number),
    st.builds("f = lambda v, k={}: v + k".format, _number),
    st.builds(
        "class K:\n    k = {}\n    def m(self):\n        return {}\n{} = K().m()".format, *[_number] * 3
    ),
    st.builds("def h():\n    global {0}\n    {0} = {1}\nh()".format, _number, _expression),
    st.builds("print({} := {})".format, _number, _expression),
    st.builds("del {0}\n{0} = {1}".format, _number, st.integers(0, 9).map(str)),
    st.builds(
        "match {}:\n    case 1 | 2:\n        {} = 5\n    case other:\n        {} = other".format,
        *[_number] * 3,
    ),
    st.builds("import math\n{} = math.floor({})".format, _number, _number),
)
_cell = st.tuples(st.booleans(), st.lists(_statement, min_size=1, max_size=3).map("\n".join))


def _unshared(values: dict[str, Any]) -> dict[str, Any]:
    return {name: copy.deepcopy(values[name]) for name in (*_NUMBERS, *_LISTS)}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(cells=st.lists(_cell, min_size=1, max_size=6))
def test_task_cells_compute_what_plain_cells_compute(notebook: Any, cells: list[tuple[bool, str]]) -> None:
    """Any of the cells may be a task cell: at the end all names have the values of a plain run."""
    plain: dict[str, Any] = {"__name__": "__main__"}
    exec(_BEGIN, plain)
    notebook.shell.reset(new_session=False)
    notebook.cells.executions.clear()
    notebook.run(_BEGIN)

    for as_task, code in cells:
        # Which lists are one object is not kept between tasks; nor is it in this plain run.
        plain.update(_unshared(plain))
        exec(code, plain)
        notebook.run(f"%%task\n{code}" if as_task else code)

    assert [one.state for one in notebook.cells.executions] == ["done"] * sum(task for task, _ in cells)
    notebook.values(*_NUMBERS, *_LISTS, *_FUNCTIONS)
    assert _unshared(notebook.shell.user_ns) == _unshared(plain)
    notebook.run("a, b = 10, 20")
    exec("a, b = 10, 20", plain)
    assert [notebook.run(f"{f}(3)") for f in _FUNCTIONS] == [plain[f](3) for f in _FUNCTIONS]


_CONVERSIONS = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)


def _run_plainly(cells: list[tuple[bool, str]]) -> dict[str, Any]:
    """Return the names after a plain run; which lists are one object is not kept."""
    plain: dict[str, Any] = {"__name__": "__main__"}
    for code in (_BEGIN, *(code for _, code in cells)):
        exec(code, plain)
        plain.update(_unshared(plain))
    return plain


def _notebook_of(cells: list[tuple[bool, str]]) -> dict[str, Any]:
    sources = ["%load_ext eflows_nb", _BEGIN, *(f"%%task\n{code}" if task else code for task, code in cells)]
    return {"cells": [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]}


@_CONVERSIONS
@given(cells=st.lists(_cell, min_size=1, max_size=4))
def test_task_functions_compute_what_task_cells_compute(notebook: Any, cells: list[tuple[bool, str]]) -> None:
    """A notebook that can be written with task functions has the same values then, waited for."""
    try:
        made = to_function(_notebook_of(cells))
    except CellError:
        assume(False)
    plain = _run_plainly(cells)
    extension.unload()
    notebook.shell.reset(new_session=False)

    for cell in made["cells"]:
        notebook.run(cell["source"])

    values = {name: ef.wait_on(notebook.shell.user_ns[name]) for name in (*_NUMBERS, *_LISTS)}
    assert values == _unshared(plain)


@_CONVERSIONS
@given(cells=st.lists(_cell, min_size=1, max_size=4))
def test_task_functions_can_be_task_cells_again(notebook: Any, cells: list[tuple[bool, str]]) -> None:
    """The way to functions and back computes what the notebook computed."""
    try:
        made = from_functions_to_magic(to_function(_notebook_of(cells)))
    except CellError:
        assume(False)
    plain = _run_plainly(cells)
    notebook.shell.reset(new_session=False)

    for cell in made["cells"]:
        notebook.run(cell["source"].replace("%load_ext eflows_nb", ""))

    found = notebook.values(*_NUMBERS, *_LISTS)
    assert {name: ef.wait_on(value) for name, value in found.items()} == _unshared(plain)


@_CONVERSIONS
@given(statements=st.lists(_statement, min_size=1, max_size=3), result=_number)
def test_mapped_cells_compute_the_same_in_every_form(
    notebook: Any, statements: list[str], result: str
) -> None:
    """With and without the package: for each item what the cell computes from the names of before."""
    code = "\n".join([*statements, f"{result} = {result} + item"])
    begin = f"{_BEGIN}items = [1, 2, 3]"
    cells = ["%load_ext eflows_nb", begin, f"%%task -o {result} --map item in items\n{code}"]
    made = {"cells": [{"cell_type": "code", "metadata": {}, "source": source} for source in cells]}
    extension.unload()
    notebook.shell.reset(new_session=False)
    notebook.cells = extension.load(notebook.shell)
    try:
        marked, functions = to_metadata(made), to_function(made)
        notebook.run(begin)
        notebook.run(cells[-1])
    except CellError:
        assume(False)
    expected = []
    for item in (1, 2, 3):
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(begin, names)
        exec(f"item = {item}\n{code}", names)
        expected.append(names[result])

    assert notebook.values(result) == {result: expected}
    plain: dict[str, Any] = {"__name__": "__main__"}
    for cell in marked["cells"]:
        exec(cell["source"], plain)
    assert plain[result] == expected
    extension.unload()
    notebook.shell.reset(new_session=False)
    for cell in functions["cells"]:
        notebook.run(cell["source"])
    assert ef.wait_on(notebook.shell.user_ns[result]) == expected


@settings(deadline=None)
@given(cells=st.lists(_cell, min_size=1, max_size=4))
def test_the_metadata_form_is_the_notebook_without_its_marks(cells: list[tuple[bool, str]]) -> None:
    """It is the plain notebook cell by cell, and the way back gives what there was."""
    notebook = _notebook_of(cells)

    marked = to_metadata(notebook)

    assert [cell["source"] for cell in marked["cells"]] == ["#% load", _BEGIN, *(code for _, code in cells)]
    assert to_magic(marked) == notebook
