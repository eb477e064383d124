"""What a task computes is another thing when anything has changed that its function stands on."""

from __future__ import annotations

import types

import pytest

from eflows_nb.runtime.checkpoint import digest_of_function

CLASS = """\
import functools
import numpy as np

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
