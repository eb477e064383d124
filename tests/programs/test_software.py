"""Task functions that a JSON file describes, in the words of PyCOMPSs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef

Config = dict[str, Any]


def described(folder: Path, config: Config) -> Any:
    """Return a task function with the parameters x and out that such a file describes."""
    (folder / "task.json").write_text(json.dumps(config))

    @ef.software(folder / "task.json")
    @ef.task
    def call(x: Any, out: Path) -> Any:
        return x

    return call


@pytest.mark.usefixtures("cluster")
def test_a_program_is_described(tmp_path: Path) -> None:
    """With its parameters, what it needs, and programs around it."""
    config = {
        "execution": {"type": "binary", "binary": "echo"},
        "parameters": {"x": {"type": "IN", "prefix": "-x"}, "out": "FILE_OUT_STDOUT"},
        "constraints": {"computing_units": "x - 1", "memory_size": "x"},
        "prolog": {"binary": "touch", "args": str(tmp_path / "before")},
    }
    call = described(tmp_path, config)

    call(2, tmp_path / "out")

    assert ef.wait_on_file(tmp_path / "out").read_text() == "-x2\n"
    assert (tmp_path / "before").exists()
    needed = call.resources(call.signature.bind(2, "out"))
    assert (needed.cores, needed.memory) == (1, 2 * 10**9)


@pytest.mark.usefixtures("cluster")
def test_a_request_and_a_runner_are_described(
    tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service is found by a variable."""
    monkeypatch.setenv("EFLOWS_HTTP_OF_TESTS", service)
    request = {"type": "http", "request": "get", "service_name": "of-tests", "resource": "/at/{{x}}"}
    runner = {"type": "mpi", "runner": "echo", "processes": "x", "binary": "ocean", "args": "y"}

    asked = described(tmp_path, {"execution": request})(3, "nowhere")
    described(tmp_path, {"execution": runner, "parameters": {"out": "FILE_OUT_STDOUT"}})(3, tmp_path / "out")

    assert ef.wait_on(asked) == {"path": "/at/3"}
    assert ef.wait_on_file(tmp_path / "out").read_text() == "3 ocean y"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"exec": {}}, "'exec' in {path} is not a part; those are: constraints, container, epilog,"),
        (
            {"execution": {"type": "ompss"}},
            "'ompss' in {path} is not a type of execution; those are: binary,",
        ),
        ({"execution": {"type": "http", "request": "GET"}}, "the http of {path} needs service_name and reso"),
        ({"execution": {"type": "binary"}}, "needs binary=…"),
        ({"parameters": {"z": "FILE_OUT"}}, "'call' has no parameter 'z' to be OUT; it has: x, out."),
        ({"parameters": {"x": "FILE_OUTT"}}, "x='FILE_OUTT'"),
        ({"constraints": {"nodes": 3}}, "'nodes' in {path} is not a constraint; those are: computing_units"),
        ({"container": {"engin": "x"}}, "'engin' in {path} is not of its container"),
    ],
)
def test_a_mistake_in_the_file_is_told(tmp_path: Path, config: Config, message: str) -> None:
    """With the file, the word, and those that there are."""
    with pytest.raises(
        ef.TaskDefinitionError, match=re.escape(message.replace("{path}", str(tmp_path / "task.json")))
    ):
        described(tmp_path, config)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """With the reason."""
    with pytest.raises(ef.TaskDefinitionError, match=r"cannot be read: .*No such file"):
        ef.software(tmp_path / "none.json")(ef.task(lambda: None))
