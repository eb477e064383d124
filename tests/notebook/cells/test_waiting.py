"""What plain cells wait for when nobody can know what they read."""

from __future__ import annotations

from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.runtime.future import Future


def test_an_opaque_cell_runs_without_names_that_will_never_come(notebook: Any) -> None:
    """It waits for all, and is refused for none that it does not mention."""
    notebook.run("%%task\nwith open('/dev/null') as file:\n    text = file.read()")
    notebook.run("%%task\nbad = 1 / 0")
    notebook.run("%%task\ngood = 2")

    assert notebook.run("eval('1 + 1'), type(globals()['good']).__name__") == (2, "int")
    notebook.run("%whos int")
    assert type(notebook.shell.user_ns["bad"]) is Future


def test_an_opaque_cell_needs_the_names_in_its_strings(notebook: Any) -> None:
    """Code that is made of a string may read what the string mentions."""
    notebook.run("%%task\nbad = 1 / 0")

    assert isinstance(notebook.error("eval('bad + 1')"), ZeroDivisionError)


@pytest.mark.parametrize(
    "code",
    [
        "def read(): return globals()['a']",
        "def read(): return eval('a')",
        "import builtins\ndef read(): return builtins.eval('a')",
        "def read():\n    from __main__ import a\n    return a",
        "import sys\ndef read(): return sys.modules['__main__'].a",
        "def read(): return get_ipython().user_ns['a']",
        "def read(): return [inner() for _ in [1]][0]\ndef inner(): return globals()['a']",
    ],
)
def test_a_plain_cell_waits_for_all_that_a_function_can_read(notebook: Any, code: str) -> None:
    """A function that can read any name never meets a future."""
    notebook.run(code)
    notebook.run("%%task\na = 41")

    assert notebook.run("read()") == 41


@pytest.mark.parametrize(
    "code",
    [
        "import builtins\nbuiltins.exec('q = 1')",
        "from builtins import eval as e\ne('1')",
        "import builtins as b\nb.exec('q = 1')",
        "from __main__ import x",
    ],
)
def test_other_ways_to_any_name_are_opaque_too(notebook: Any, code: str) -> None:
    """A task cell with such code is refused with the reason."""
    assert "cannot be known from its code" in str(notebook.error(f"%%task\n{code}"))


@pytest.mark.engines
def test_what_running_engines_do_not_get_is_told_once(
    notebook: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A seed or a variable that a plain cell sets stays in the notebook."""
    monkeypatch.setenv("EFLOWS_TEST", "0")
    notebook.run("import os, random\nrandom.seed(1)")
    assert "engines" not in capsys.readouterr().out
    with ef.start(engines=1):
        notebook.run("random.seed(1)\nos.environ['EFLOWS_TEST'] = '1'")
        notebook.run("random.seed(2)")

    shown = capsys.readouterr().out
    assert shown.count("do not get the seed of random and an environment variable") == 1
    assert shown.count("do not get") == 1
