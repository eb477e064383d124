"""PyCOMPSs' own test programs, unmodified, where the environment says where they are.

``EFLOWS_SUITES`` holds a checkout of github.com/bsc-wdc/compss, or its ``tests/sources/local/python``. Each
program is run once, on two engines, and judged twice: by its exit code, and by what its ``result`` script
judges.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.pycompss.checks import quiet
from tests.pycompss.judgements import JUDGEMENTS
from tests.pycompss.official import Ran, run_program
from tests.pycompss.rest import serving

SUITES = os.environ.get("EFLOWS_SUITES")
FOLDER = Path(SUITES or "/nonexistent") / "tests/sources/local/python"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/execution")) or ["none"]

NOT_RUN = {
    "9_jupyter_notebook": "needs an installed notebook test of PyCOMPSs",
    "9_stream_non_native": "needs a server of streams in Java",
}

_REFUSED = "what it uses needs another compiler or runtime, and is refused"
_FILES = "files are changed where they lie, so none has another name"
_NODES = "asks for two nodes by name"
_REMOVED = "uses what NumPy, SciPy or Numba has removed"
_ON_PURPOSE = "is to end with an error"
_INSIDE = "looks into the runtime of PyCOMPSs"

ENDS_OTHERWISE = {
    "0_api_delete": _INSIDE,
    "0_keep_rename": _FILES,
    "0_weight": _NODES,
    "1_compss_exceptions": _ON_PURPOSE,
    "1_decorator_compss": _REFUSED,
    "1_decorator_ompss": _REFUSED,
    "2_kill_processes": _ON_PURPOSE,
    "2_time_out": _ON_PURPOSE,
    "3_module_decaf": _REFUSED,
    "3_module_decaf_constrained": _REFUSED,
    "3_module_kmeans": _REMOVED,
    "3_module_mpi_io": "asks for four cores beside another task: by luck only on two",
    "3_module_ompss": _REFUSED,
    "3_module_ompss_constrained": _REFUSED,
    "3_module_opencl": _REFUSED,
    "3_module_opencl_constrained": _REFUSED,
    "5_string_encoding": _REFUSED,
    "8_checkpoint_kmeans": _REMOVED,
    "9_numba": _REMOVED,
}
"""Programs that do not end with exit code 0, and why."""

JUDGED_OTHERWISE = {
    "1_decorator_container": "needs images from the network",
    "1_decorator_decaf": _REFUSED,
    "1_decorator_julia": _REFUSED,
    "1_decorator_local": "expects a future to be the value itself after @local has waited for it",
    "1_decorator_multinode": _NODES,
    "1_decorator_opencl": _REFUSED,
    "1_decorator_software": _NODES,
    "2_cancel_running_tasks": _FILES + ": a writer waits for the readers that are to be cancelled",
    "4_worker_in_master": _REFUSED,
    "8_argument_deprecation": _REFUSED,
    "8_argument_warning": _REFUSED,
}
"""Programs that end with exit code 0, and are judged otherwise than by their script, and why."""

pytestmark = [
    pytest.mark.engines,
    pytest.mark.timeout(900),
    pytest.mark.skipif(SUITES is None, reason="EFLOWS_SUITES does not say where PyCOMPSs' test programs are"),
]


@pytest.fixture(scope="module", params=NAMES)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A program, run as its scripts run it."""
    name = request.param
    if name in NOT_RUN:
        pytest.skip(NOT_RUN[name])
    with serving() as service:
        done = run_program(
            FOLDER / name, tmp_path_factory.mktemp("official") / name, {"EFLOWS_HTTP_SERVICE_1": service}
        )
    print(done.out[-3000:], done.err[-6000:], sep="\n----\n")
    return done


def test_an_official_program_ends_with_exit_code_0(ran: Ran, request: pytest.FixtureRequest) -> None:
    """Unmodified."""
    name = ran.folder.name
    request.applymarker(pytest.mark.xfail(name in ENDS_OTHERWISE, reason=ENDS_OTHERWISE.get(name, "")))
    assert ran.code == 0


def test_what_a_result_script_judges_holds(ran: Ran, request: pytest.FixtureRequest) -> None:
    """As far as it has a counterpart here: see `tests.pycompss.judgements`."""
    name = ran.folder.name
    reasons = {name: why for name, why in ENDS_OTHERWISE.items() if why != _ON_PURPOSE} | JUDGED_OTHERWISE
    request.applymarker(pytest.mark.xfail(name in reasons, reason=reasons.get(name, "")))
    for judge in JUDGEMENTS.get(name, (quiet,)):
        judge(ran)
