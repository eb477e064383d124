"""Cells as tasks, in a notebook of this process whose tasks run at once."""

from __future__ import annotations

import gc
import os
import weakref
from typing import Any

import numpy as np
import pytest

import eflows_nb as ef
from eflows_nb.errors import CellError, TaskCancelledError
from eflows_nb.runtime.future import Future


def test_a_task_cell_gives_what_it_binds(notebook: Any) -> None:
    """Its names stand for futures, and a plain cell that reads one has the value."""
    notebook.run("a = 3")
    notebook.run("%%task\nb = a * 2")

    assert type(notebook.shell.user_ns["b"]) is Future
    assert notebook.run("b + 1") == 7
    assert notebook.shell.user_ns["b"] == 6


def test_a_plain_cell_waits_for_nothing_that_it_does_not_read(notebook: Any) -> None:
    """A pending name that a cell binds anew, or leaves alone, stays as it is."""
    notebook.run("%%task\na = 1\nb = 2")

    notebook.run("a = 5")

    assert type(notebook.shell.user_ns["b"]) is Future
    assert notebook.shell.user_ns["a"] == 5


def test_names_that_functions_use_are_waited_for(notebook: Any) -> None:
    """A plain cell that calls a function gets the pending names which that function reads."""
    notebook.run("def f(): return g() + 1\ndef g(): return k")
    notebook.run("%%task\nk = 41")

    assert notebook.run("f()") == 42


def test_functions_see_what_the_cell_binds(notebook: Any) -> None:
    """A function of the notebook that a task cell calls finds the cell's names."""
    notebook.run("k = 1\ndef f(x): return x * k")
    notebook.run("%%task\nk = 10\ny = f(2)")

    assert notebook.run("y, f(1)") == (20, 10)


def test_futures_of_task_functions_are_passed_on(notebook: Any) -> None:
    """They are never waited for, and a pending name that is only their argument is passed as a future."""
    notebook.run("import eflows_nb as ef\n@ef.task\ndef double(x): return 2 * x")
    notebook.run("%%task\na = 4")
    notebook.run("b = double(a)\nc = [double(b)]")

    assert type(notebook.shell.user_ns["a"]) is Future
    assert type(notebook.shell.user_ns["b"]) is Future
    assert notebook.run("ef.wait_on(c)") == [16]


def test_a_task_cell_gets_the_values_of_futures(notebook: Any) -> None:
    """Futures of task functions that it reads, in lists too, are values within it."""
    notebook.run("import eflows_nb as ef\nfs = ef.map(pow, [2, 3], [2, 2])\nf = fs[0]")
    notebook.run("%%task\ntotal = sum(fs) + f")

    assert notebook.run("total") == 17


def test_a_write_that_stands_in_the_code_is_kept(notebook: Any) -> None:
    """An array that a task cell writes to is a new version of it, large ones included."""
    notebook.run("import numpy as np\nbig = np.zeros(100_000)\nsmall = [1]")
    notebook.run("%%task\nbig[0] = 5\nsmall += [2]")

    assert notebook.run("big[0], small") == (5.0, [1, 2])


def test_an_undeclared_change_of_an_input_fails_the_task(notebook: Any) -> None:
    """A method that changes an input is noticed, and the input is named with the way out."""
    notebook.run("xs = [1]")
    notebook.run("%%task\nxs.append(2)\nn = len(xs)")

    error = notebook.error("n")

    assert isinstance(error, CellError)
    assert "changed its input 'xs' in place" in str(error)
    assert "%%task --inout xs" in str(error)


def test_a_declared_change_of_an_input_is_kept(notebook: Any) -> None:
    """With --inout the changed value takes the place of the input."""
    notebook.run("xs = [1]")
    notebook.run("%%task --inout xs\nxs.append(2)")

    assert notebook.run("xs") == [1, 2]


def test_reading_an_input_is_no_change(notebook: Any) -> None:
    """Arrays, frames, sets and objects of the notebook may be used without being declared."""
    notebook.run(
        "import collections, datetime, numpy as np, pandas as pd, xarray as xr\n"
        "class P:\n    def __init__(self): self.x = 1\n"
        "cube = xr.DataArray(np.zeros((2, 3)), dims=('a', 'b'), coords={'a': [1, 2]}).to_dataset(name='v')\n"
        "p = P(); s = {'a', 'b'}; d = collections.OrderedDict(a=1); t = datetime.datetime(2020, 1, 1)\n"
        "frame = pd.DataFrame({'a': [1, 2]}); array = np.arange(4); words = 'a b'.split()"
    )
    notebook.run(
        "%%task\nq = float(cube.v.sel(a=1).mean()), cube.mean('b').v.values.sum()\n"
        "r = (p.x, sorted(s), list(d), t.year, float(frame.a.mean()),\n"
        "     frame.groupby('a').size().sum(), array.sum(), array.T.shape, 'a' in words, hash(t))"
    )

    assert notebook.run("r")[:5] == (1, ["a", "b"], ["a"], 2020, 1.5)


def test_a_name_that_is_not_bound_after_all_keeps_its_value(notebook: Any) -> None:
    """Where only one branch binds a name, the other leaves it as it was."""
    notebook.run("x = 'before'\nc = False")
    notebook.run("%%task\nif c:\n    x = 'after'")
    notebook.run("%%task\ny = x + '!'")

    assert notebook.run("x, y") == ("before", "before!")


def test_a_name_that_is_never_bound_is_not_there(notebook: Any) -> None:
    """Reading it is the NameError that it would be without tasks."""
    notebook.run("c = False")
    notebook.run("%%task\nif c:\n    never = 1")

    assert isinstance(notebook.error("never"), NameError)


def test_a_deleted_name_is_gone(notebook: Any) -> None:
    """A task cell may delete a name of the notebook."""
    notebook.run("x = 1")
    notebook.run("%%task\ndel x")

    assert isinstance(notebook.error("x"), NameError)


def test_imports_and_definitions_run_in_the_notebook_too(notebook: Any) -> None:
    """The cells after it can use them at once, and what the task makes of a class is an instance of it."""
    notebook.run(
        "%%task\nimport math\nclass P:\n    pass\ndef f(x):\n    return math.floor(x) + k\nk = 1\np = P()"
    )

    assert notebook.shell.user_ns["math"].pi > 3
    assert notebook.run("isinstance(p, P), f(2.5)") == (True, 3)


def test_a_function_that_cannot_run_in_the_notebook_comes_back(notebook: Any) -> None:
    """A definition that needs a value of its own cell is a result, and uses the notebook's names."""
    notebook.run("%%task\nn = 3\ndef f(x=n):\n    return x * n\ng = lambda: n + 1")

    assert notebook.run("f(), g()") == (9, 4)
    notebook.run("n = 10")
    assert notebook.run("f(), g()") == (30, 11)


def test_a_task_cell_can_use_a_function_that_is_pending(notebook: Any) -> None:
    """What such a function needs goes along, as it is when the cell is submitted."""
    notebook.run("%%task\nn = 3\ng = lambda: n + 1")
    notebook.run("n = 10")
    notebook.run("%%task\ny = g()")

    assert notebook.run("y") == 11


def test_a_value_that_cannot_leave_its_engine_says_so(notebook: Any) -> None:
    """The file of a with statement does not fail the cell, but whoever reads it."""
    notebook.run("%%task\nwith open('/dev/null') as file:\n    text = file.read()")

    assert notebook.run("text") == ""
    assert "The value of 'file', a TextIOWrapper, cannot leave the engine" in str(notebook.error("file"))


def test_a_value_that_cannot_be_sent_is_named(notebook: Any) -> None:
    """A lock among the inputs is refused with a sentence."""
    notebook.run("import threading\nlock = threading.Lock()")

    error = notebook.error("%%task\nx = lock.locked()")

    assert isinstance(error, CellError)
    assert "reads 'lock', a lock, which cannot be sent" in str(error)


def test_a_module_cannot_be_written_to(notebook: Any) -> None:
    """What is set in an imported module would stay on the engine, so that is refused."""
    notebook.run("import os")

    assert "sets something in the module 'os'" in str(notebook.error("%%task\nos.x = 1"))


def test_opaque_code_is_refused_with_its_reason(notebook: Any) -> None:
    """Names that cannot be known must be said."""
    notebook.run("code = 'y = x + 1'\nx = 1")

    assert "cannot be known from its code: it uses exec" in str(notebook.error("%%task\nexec(code)"))
    notebook.run("%%task --in x -o y\nexec(code)")
    assert notebook.run("y") == 2


def test_a_plain_cell_with_opaque_code_waits_for_all(notebook: Any) -> None:
    """It may read anything, so nothing is pending when it runs."""
    notebook.run("%%task\na = 1\nb = 2")

    assert notebook.run("eval('a + b')") == 3


def test_magics_wait_for_the_names_in_their_text(notebook: Any) -> None:
    """A timed line has its inputs; other names stay pending."""
    notebook.run("%%task\na = 1\nb = 2")

    notebook.run("%time c = a + 1")
    notebook.run("%%time\nd = c + a")

    assert notebook.shell.user_ns["d"] == 3
    assert type(notebook.shell.user_ns["b"]) is Future


def test_a_cell_is_mapped_over_a_list(notebook: Any) -> None:
    """There is a task for each item, and the outputs are lists in its order."""
    notebook.run("members = [1, 2, 3]\nk = 10")
    notebook.run("%%task --map m in members\nfield = m * k")
    notebook.run("%%task --map one in field\ndouble = one * 2")
    notebook.run("%%task\ntotal = sum(double)")

    assert notebook.run("total") == 120
    assert notebook.run("field") == [10, 20, 30]


def test_a_mapped_cell_cannot_write_what_its_tasks_share(notebook: Any) -> None:
    """They run at the same time."""
    notebook.run("xs = [1]")

    assert "cannot change 'xs' in place" in str(notebook.error("%%task --map m in xs\nxs[0] = m"))


def test_what_reads_a_failed_cell_is_cancelled_and_refused(notebook: Any) -> None:
    """A task cell that reads it is cancelled, and a plain cell raises the reason."""
    notebook.run("%%task bad\nx = 1 / 0")
    notebook.run("%%task reader\ny = x")

    assert isinstance(notebook.error("x"), ZeroDivisionError)
    assert isinstance(notebook.error("y"), TaskCancelledError)


def test_retry_runs_failed_cells_and_their_readers_again(notebook: Any) -> None:
    """After the first of them was mended and has run, retry completes the others."""
    notebook.run("%%task first\nx = 1 / 0")
    notebook.run("%%task second\ny = x + 1")
    notebook.run("%%task first\nx = 1")

    notebook.run("%eflows retry")

    assert notebook.run("y") == 2


def test_options_reach_the_runtime(notebook: Any) -> None:
    """A cell that fails once is done with one retry."""
    notebook.run("import tempfile, pathlib\npath = pathlib.Path(tempfile.mkdtemp()) / 'once'")
    notebook.run(
        "%%task once --retries 1 --time-out 1m --priority 2 --cores 1 --memory 1MB\n"
        "there = path.exists()\npath.touch()\nassert there\nx = 1"
    )

    assert notebook.run("x") == 1


def test_cells_wait_for_the_files_that_others_write(notebook: Any) -> None:
    """A file leads from its writer to its reader, where no name does; a failed writer ends its readers."""
    notebook.run("import pathlib, tempfile\npath = pathlib.Path(tempfile.mkdtemp()) / 'mesh'")
    path = notebook.shell.user_ns["path"]
    notebook.run(f"%%task make --file out:{path}\npath.write_text('mesh')")
    notebook.run(f"%%task change --file inout:{path}\npath.write_text(path.read_text() + ' finer')")
    notebook.run(f"%%task read --file in:{path}\ntext = path.read_text()")
    assert notebook.values("text") == {"text": "mesh finer"}
    notebook.run(f"%%task bad --file out:{path}\nraise OSError('disk full')")
    notebook.run(f"%%task late --file in:{path}\nlate = path.read_text()")
    assert isinstance(notebook.error("late"), ef.TaskCancelledError)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--mpi 0", "%%task: argument --mpi: '0' is too small, give 1 or more."),
        ("--file mesh.h5", "'--file mesh.h5' should read --file in:PATH, out:PATH or inout:PATH."),
        ("--time-out soon", "'soon' is not a time."),
        ("--retries x", "%%task: argument --retries: 'x' is not a whole number."),
        ("-o nothing", "this cell does not bind 'nothing'; it binds x."),
        ("--in nothing", "the notebook has no name 'nothing'"),
        ("--inout nothing", "the notebook has no name 'nothing'"),
        ("--map a of b", "should read '--map ITEM in LIST'"),
        ("--map a in [1]", "'[1]' is not a name. Bind the list to a name before."),
        ("--map a in b", "the notebook has no name 'b'"),
        ("--out 1x", "'1x' is not a name"),
        ("--unknown", "unrecognized arguments: --unknown"),
        ("'open", "cannot be read: No closing quotation"),
    ],
)
def test_a_wrong_option_is_one_clear_error(notebook: Any, line: str, message: str) -> None:
    """Nothing is submitted, and the sentence says what is wrong."""
    error = notebook.error(f"%%task {line}\nx = 1")

    assert isinstance(error, CellError)
    assert message in str(error)
    assert notebook.cells.executions == []


def test_only_named_outputs_come_back(notebook: Any) -> None:
    """With -o the other names stay the cell's own."""
    notebook.run("%%task -o y\ntemporary = 1\ny = temporary + 1")

    assert notebook.run("y") == 2
    assert "temporary" not in notebook.shell.user_ns


def test_await_runs_outside_functions(notebook: Any) -> None:
    """A task cell may await, as plain cells may."""
    notebook.run("%%task\nimport asyncio\nx = await asyncio.sleep(0, 5)")

    assert notebook.run("x") == 5


def test_future_imports_count(notebook: Any) -> None:
    """A ``from __future__`` import may be the first line of a task cell."""
    notebook.run("%%task\nfrom __future__ import annotations\ndef f(x: Nowhere):\n    return x\ny = f(2)")

    assert notebook.run("y") == 2


def test_autowait_can_be_switched_off(notebook: Any) -> None:
    """Then futures are explicit."""
    notebook.run("import eflows_nb as ef\n%eflows autowait off")
    notebook.run("%%task\na = 1")

    assert type(notebook.run("a")) is Future
    assert notebook.run("ef.wait_on(a)") == 1


@pytest.mark.engines
def test_the_task_sees_its_inputs_as_they_were(notebook: Any) -> None:
    """A change after submission is not seen by the task."""
    with ef.start(engines=1):
        notebook.run("import time\nxs = [1]")
        notebook.run("%%task\ntime.sleep(0.2)\ny = list(xs)")
        notebook.run("xs.append(2)")

        assert notebook.run("y") == [1]


def test_large_arrays_come_back_and_go_on(notebook: Any) -> None:
    """An array of a task cell can be read, and written in place, by the next."""
    notebook.run("%%task\nimport numpy as np\na = np.arange(50_000.0)")
    notebook.run("%%task\na *= 2\nb = a.sum()")

    assert notebook.run("b") == np.arange(50_000.0).sum() * 2
    assert notebook.run("a[1]") == 2.0


def test_eflows_has_help_and_refuses_what_it_does_not_know(notebook: Any, capsys: Any) -> None:
    """The words are listed in an error, and the status names each cell."""
    notebook.run("%%task one\nx = 1")
    notebook.run("%eflows status")
    notebook.run("%eflows graph")
    notebook.run("%eflows why one")

    shown = capsys.readouterr().out
    assert "one: done (gives x)" in shown
    assert "one [done]" in shown
    assert "one is done." in shown
    assert "%eflows has no 'begin'. It has start, status" in str(notebook.error("%eflows begin"))
    assert "There is no task cell 'two'; there are: 'one'." in str(notebook.error("%eflows why two"))


def test_options_and_words_are_completed(notebook: Any) -> None:
    """Tab offers the words of %eflows, and the options of %%task."""
    notebook.run("%%task one\nx = 1")
    complete = notebook.shell.complete

    assert "retry" in complete("re", "%eflows re", 10)[1]
    assert "one" in complete("o", "%eflows why o", 13)[1]
    assert "--retries" in complete("--r", "%%task --r", 10)[1]
    assert os.uname().nodename in complete("", "%%task --target ", 16)[1]


def test_results_that_nobody_can_read_are_let_go(notebook: Any) -> None:
    """A task cell that is done holds no result: rebinding the name frees it."""
    notebook.run("%%task\nx = list(range(100_000))")
    future = weakref.ref(notebook.shell.user_ns["x"])

    notebook.run("x = None")
    notebook.cells.pending.names()
    gc.collect()

    assert future() is None
    assert notebook.cells.executions[0].state == "done"


def test_functions_within_values_see_later_definitions(notebook: Any) -> None:
    """A helper that is defined anew is used by functions in lists and objects that came from a task, too."""
    notebook.run("def h(x): return x + 1\ndef f(x): return h(x)\nclass M:\n    def m(self, x): return h(x)")
    notebook.run("%%task\npipe = [f, lambda x: h(x)]\nobject_ = M()")
    notebook.run("def h(x): return x + 100")
    notebook.run("%%task\nin_task = pipe[0](1), pipe[1](1), object_.m(1)")
    notebook.run("%%task\ndef h(x): return x + 1000\nin_cell = pipe[0](1), pipe[1](1), object_.m(1)")

    assert notebook.run("in_task") == (101, 101, 101)
    assert notebook.run("in_cell") == (1001, 1001, 1001)
    assert notebook.run("pipe[0](1), pipe[1](1), object_.m(1)") == (1001, 1001, 1001)


def test_functions_bring_what_is_not_there(notebook: Any) -> None:
    """A function that a task returns finds its names in a task that does not know of them."""
    notebook.run("def h(x): return x + 1\ndef build(): return [lambda x: h(x)]")
    notebook.run("%%task\nbuilt = build()")
    notebook.run("%%task -o scaled\nk = 4\nscaled = [lambda x: x * k]")
    notebook.run("%%task\nr = built[0](1), scaled[0](2)")

    assert notebook.run("r") == (2, 8)


def test_objects_of_the_notebook_keep_large_arrays_writable(notebook: Any) -> None:
    """Also where their class uses names of the notebook."""
    notebook.run("import numpy as np\ndef k(): return 1\nclass Q:\n    def m(self): return k()")
    notebook.run("%%task\nq = Q()\nq.w = np.ones(100_000)\nboth = [q, q]")
    notebook.run("%%task\nq.w[0] = 5")
    notebook.run("both[0].w[1] = 3")

    assert notebook.run("q.w[0], both[1].w[1], both[0] is both[1], q.m()") == (5.0, 3.0, True, 1)


def test_an_indented_cell_runs_as_without_the_magic(notebook: Any) -> None:
    """Code that was pasted with its indent is no error, in a task cell neither."""
    notebook.run("%%task\n\n    a = 1\n    if a:\n        b = 2\n")

    assert notebook.run("a, b") == (1, 2)
