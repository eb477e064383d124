"""What users may rely on."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest

import eflows_nb as ef
from eflows_nb import errors


def test_everything_public_is_there() -> None:
    """The list of public names is sorted, and has no name that does not exist."""
    assert sorted(ef.__all__, key=lambda name: (not name.isupper(), name.islower(), name)) == ef.__all__
    assert all(hasattr(ef, name) for name in ef.__all__)


def test_everything_public_is_documented() -> None:
    """Functions and classes say what they are for."""
    undocumented = [
        name
        for name in ef.__all__
        if (inspect.isclass(getattr(ef, name)) or inspect.isfunction(getattr(ef, name)))
        and not (getattr(ef, name).__doc__ or "").strip()
    ]
    assert undocumented == []


def test_all_our_errors_have_one_root() -> None:
    """Whoever wants to catch whatever we raise can."""
    kinds = [
        kind for kind in vars(errors).values() if inspect.isclass(kind) and kind.__module__ == errors.__name__
    ]

    assert all(issubclass(kind, errors.EflowsError) for kind in kinds)
    drawn = re.findall(r"\+-- (\w+)", errors.__doc__ or "")
    assert drawn == sorted(kind.__name__ for kind in kinds if kind is not errors.EflowsError)


def test_standard_exceptions_are_what_they_look_like() -> None:
    """A time-out is a TimeoutError, and a wrong definition a TypeError."""
    assert issubclass(ef.WaitTimeoutError, TimeoutError)
    assert issubclass(ef.TaskDefinitionError, TypeError)


def test_the_version_is_known() -> None:
    """And looked up only when it is asked for."""
    assert re.match(r"\d+\.\d+", ef.__version__)
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        ef.no_such_name  # noqa: B018


def test_importing_does_no_work() -> None:
    """No session, no thread and no process is made by the import."""
    code = (
        "import threading, eflows_nb\n"
        "from eflows_nb.runtime import session\n"
        "assert session.existing() is None\n"
        "assert threading.active_count() == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
