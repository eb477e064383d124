"""What a task computes is another thing when anything has changed that its function stands on."""

from __future__ import annotations

import importlib
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.runtime.code_digest import digest_of_function
from eflows_nb.runtime.sources import NoDigestError

CLASS = """\
import functools
import numpy as np

class Rates:
    def __init__(self, value):
        self.value = value

class Model:
    {}

def run():
    return Model()
"""


def _digest(body: str) -> bytes:
    module = types.ModuleType("model")
    exec(CLASS.format(body), vars(module))
    return digest_of_function(module.run)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rates = [1, 2]", "rates = [1, 3]"),
        ("rates = (1, (2,))", "rates = (1, (3,))"),
        ("rates = {'a': 1}", "rates = {'a': 2}"),
        ("rates = {'a', 'b'}", "rates = {'a', 'c'}"),
        ("rates = np.ones(3)", "rates = np.zeros(3)"),
        (
            "rate = functools.cached_property(lambda self: 1)",
            "rate = functools.cached_property(lambda self: 2)",
        ),
        ("rates = Rates(1)", "rates = Rates(2)"),
        ("rates = {'a': [Rates(1)]}", "rates = {'a': [Rates(2)]}"),
        ("__slots__ = ('a',); rates = Rates(1)", "__slots__ = ('a',); rates = Rates(2)"),
        ("rate = property(None, lambda self, x: 1)", "rate = property(None, lambda self, x: 2)"),
    ],
)
def test_whatever_is_in_a_class_counts(before: str, after: str) -> None:
    """Else a later session would find the results of the class as it was."""
    assert _digest(before) != _digest(after)
    assert _digest(after) == _digest(after)


def test_a_collection_that_contains_itself_has_a_digest_too() -> None:
    """It is followed some way only."""
    assert _digest("rates = []; rates.append(rates)") == _digest("rates = []; rates.append(rates)")


def test_that_somebody_looked_at_annotations_does_not_count() -> None:
    """Python 3.14 keeps them in the class then; the next session may not have looked."""
    assert _digest("rate = 1; __annotations_cache__ = {}") == _digest("rate = 1")


def _digest_of(source: str) -> bytes:
    module = types.ModuleType("model")
    exec(compile(source, "model.py", "exec", dont_inherit=True), vars(module))
    return digest_of_function(module.run)


@pytest.mark.parametrize(
    "source",
    [
        "def run(x): return TABLE['k'](x)\ndef bump(x): return x * {}\nTABLE = {{'k': bump}}",
        "def run(x): return part(x)\ndef bump(x): return x * {}\nimport functools\n"
        "part = functools.partial(bump)",
        "def run(x): return bump(x)\nimport functools\n@functools.lru_cache\ndef bump(x): return x * {}",
        "def run(x): return bump(x)\nimport functools\ndef loud(f):\n @functools.wraps(f)\n"
        " def g(x): return f(x)\n return g\n@loud\ndef bump(x): return x * {}",
        "def run(x): return scale.of(x)\nclass Scale:\n  def of(self, x): return {} * x\nscale = Scale()",
        "def run(x): return scale.of(x)\nclass Scale:\n  def of(self, x): return {} * x\n"
        "scale = type('Holder', (), {{'of': Scale().of}})()",
        "def run(x): return x + run.by\nrun.by = {}",
        "def run(x): return (lambda: inner())()\ndef inner(): return {}",
        "def run(x): return {{'a': {}}}[x]",
        "def run(x): return KINDS\nclass A: rate = {}\nclass B: pass\nKINDS = {{A, B}}",
        "def run(x, by=frozenset({{'a', {}}})): return x",
        "from dataclasses import dataclass\n@dataclass\nclass Scale:\n  by: int = {}\n"
        "def run(x): return Scale()",
        "from enum import Enum\nclass Scale(Enum):\n  by = {}\ndef run(x): return Scale.by",
        "from typing import NamedTuple\nclass Scale(NamedTuple):\n  by: int = {}\ndef run(x): return Scale()",
    ],
)
def test_whatever_a_function_comes_to_counts(source: str) -> None:
    """It may be in a collection, in an object, or behind something that calls it."""
    assert _digest_of(source.format(1)) != _digest_of(source.format(2))
    assert _digest_of(source.format(1)) == _digest_of(source.format(1))


def test_which_function_is_where_counts() -> None:
    """Two of them that change their places are another thing."""
    source = "def a(): return 1\ndef b(): return 2\ndef run(x): return T[x]()\nT = {{'x': {}, 'y': {}}}"

    assert _digest_of(source.format("a", "b")) != _digest_of(source.format("b", "a"))


@pytest.mark.parametrize(
    ("made", "text"), [(threading.Lock(), "cannot pickle '_thread.lock'"), ([threading.Lock()], "lock")]
)
def test_what_has_no_digest_is_an_error(made: Any, text: str) -> None:
    """Nobody can tell whether the next session has the same."""
    module = types.ModuleType("model")
    exec("def run(): return made", vars(module))
    module.made = made  # type: ignore[attr-defined]

    with pytest.raises(NoDigestError, match=text):
        digest_of_function(module.run)


def test_a_name_that_is_not_bound_yet_is_none() -> None:
    """A function may refer to one that is defined below it."""

    def outer() -> Any:
        def run() -> Any:
            return later

        digest = digest_of_function(run)
        later = 1
        return digest, later

    assert outer()[0] == outer()[0]


Make = Callable[..., Any]


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Make modules of the user's own; return the function `run` of the first one, imported anew."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def forget() -> None:
        for name in set(sys.modules) - before:
            del sys.modules[name]
        importlib.invalidate_caches()

    def make(**sources: str) -> Any:
        forget()
        for name, source in sources.items():
            path = tmp_path / Path(*name.split("__")).with_suffix(".py")
            path.parent.mkdir(exist_ok=True)
            path.write_text(source)
        return importlib.import_module(next(iter(sources))).run

    yield make
    forget()


@pytest.mark.parametrize(
    "run",
    [
        "import helper\ndef run(x): return helper.g(x)",
        "from helper import g\ndef run(x): return g(x)",
        "def run(x):\n  import helper\n  return helper.g(x)",
        "def run(x):\n  from helper import g\n  return g(x)",
        "import helper\nG = helper.g\ndef run(x): return G(x)",
        "import helper\ndef run(x): return getattr(helper, 'g')(x)",
        "import above\ndef run(x): return above.helper.g(x)",
        "import above\ndef run(x): return above.call(x)",
        "def run(x):\n  import above\n  return above.call(x)",
    ],
)
def test_modules_of_the_user_are_followed(modules: Make, run: str) -> None:
    """An edit of a helper is another code, wherever it is, and however the function comes to it."""
    above = "import helper\ndef call(x): return helper.g(x)"
    helper = "def g(x): return x + {}"
    digests = [
        digest_of_function(modules(first=run, above=above, helper=helper.format(by)))
        for by in ("1", "10", "1")
    ]

    assert digests[0] == digests[2] != digests[1]


def test_modules_of_a_package_are_followed(modules: Make) -> None:
    """A relative import leads to the module beside it."""
    sources = {"first": "from pack.one import g as run", "pack____init__": "", "pack__one": ""}
    sources["pack__one"] = "def g(x):\n  from .two import h\n  return h(x)"
    digests = [
        digest_of_function(modules(**sources, pack__two=f"def h(x): return x + {by}"))
        for by in ("1", "10", "1")
    ]

    assert digests[0] == digests[2] != digests[1]


def test_a_comment_in_a_module_changes_nothing(modules: Make) -> None:
    """What it does is looked at, not how it is written."""
    run = "import helper\ndef run(x): return helper.g(x)"
    plain = digest_of_function(modules(first=run, helper="def g(x): return x"))

    assert digest_of_function(modules(first=run, helper="# Why?\n\ndef g(x): return x # so")) == plain


def test_a_module_that_was_edited_after_its_import_has_no_digest(modules: Make, tmp_path: Path) -> None:
    """Engines may have either."""
    run = modules(first="import helper\ndef run(x): return helper.g(x)", helper="def g(x): return x")
    (tmp_path / "helper.py").write_text("def g(x): return x + 100")

    with pytest.raises(NoDigestError, match=r"'helper\.g' is not what is in '.*', which was changed after"):
        digest_of_function(run)


def test_a_lock_of_a_module_is_no_hindrance(modules: Make) -> None:
    """Engines import the module themselves: what is in its file is what counts."""
    run = "import helper\ndef run(x): return helper.g(x)"
    helper = "import threading\nlock = threading.Lock()\ndef g(x):\n  with lock: return x"

    assert digest_of_function(modules(first=run, helper=helper))
