"""Runs are listed, shown and removed over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.server.runs import RunModel, RunsModel

PROTOCOL = Path(__file__).parents[1] / "protocol"
EXAMPLE = PROTOCOL / "journal.jsonl"


@pytest.fixture
def folder(server: Any) -> Iterator[Path]:
    """Give an ``.eflows`` folder below the root of the server."""
    folder: Path = server.running.root / "project" / ".eflows"
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder.parent)


def header(**more: Any) -> str:
    """Return the first line of a journal of this process, with other fields."""
    known = {
        "format": "eflows-journal",
        "version": 1,
        "session": "ab12",
        "started": time.time(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
    }
    return json.dumps({**known, **more}) + "\n"


def runs(server: Any) -> list[Any]:
    """Return the listed runs."""
    status, answer = server.ask("GET", "eflows/runs")
    assert status == 200
    listed: list[Any] = answer["runs"]
    return listed


def test_a_run_in_a_hidden_folder_is_listed_with_its_counts(server: Any, folder: Path) -> None:
    """Though the server shows no hidden folders."""
    shutil.copy(EXAMPLE, folder / "journal-1.jsonl")
    (run,) = runs(server)
    assert run["path"] == "project/.eflows/journal-1.jsonl"
    assert (run["tasks"]["done"], run["tasks"]["failed"], run["counted"]) == (4, 1, True)
    assert run["state"] in ("ended", "broken-off")
    assert server.ask("GET", "api/contents/project/.eflows")[0] == 404


def test_a_journal_is_served_as_it_is(server: Any, folder: Path) -> None:
    """Byte by byte."""
    shutil.copy(EXAMPLE, folder / "journal-1.jsonl")
    assert server.text("eflows/runs/project/.eflows/journal-1.jsonl") == EXAMPLE.read_text()


def test_a_run_that_goes_on_is_told_and_not_removed(server: Any, folder: Path) -> None:
    """Its process lives, and is older than the journal."""
    (folder / "journal-2.jsonl").write_text(header(notebook="a.ipynb"))
    (run,) = runs(server)
    assert (run["state"], run["notebook"]) == ("running", "a.ipynb")
    assert server.ask("DELETE", "eflows/runs/project/.eflows/journal-2.jsonl")[0] == 409
    assert (folder / "journal-2.jsonl").exists()


def test_a_journal_whose_first_line_is_to_come_goes_on(server: Any, folder: Path) -> None:
    """For who asks between the making of the file and its first line; an old one is broken off."""
    (folder / "journal-new.jsonl").touch()
    (folder / "journal-old.jsonl").touch()
    os.utime(folder / "journal-old.jsonl", (0.0, 0.0))

    told = {Path(run["path"]).name: (run["state"], run["counted"]) for run in runs(server)}

    assert told == {"journal-new.jsonl": ("running", False), "journal-old.jsonl": ("broken-off", True)}
    assert server.ask("DELETE", "eflows/runs/project/.eflows/journal-new.jsonl")[0] == 409
    assert server.ask("DELETE", "eflows/runs/project/.eflows/journal-old.jsonl")[0] == 204


@pytest.mark.parametrize("other", [{"started": 5.0}, {"host": "elsewhere"}, {"pid": 0}, {"pid": "x"}])
def test_a_process_that_is_not_its_writer_does_not_make_a_run_go_on(
    server: Any, folder: Path, other: dict[str, Any]
) -> None:
    """It is a younger one with the same number, or lives on another machine."""
    (folder / "journal-3.jsonl").write_text(header(**other))
    assert runs(server)[0]["state"] == "broken-off"


def test_a_run_is_removed(server: Any, folder: Path) -> None:
    """Then it is not listed any more."""
    (folder / "journal-4.jsonl").write_text(header(started=5.0))
    assert server.ask("DELETE", "eflows/runs/project/.eflows/journal-4.jsonl") == (204, None)
    assert runs(server) == []
    assert server.ask("DELETE", "eflows/runs/project/.eflows/journal-4.jsonl")[0] == 404


def test_damaged_journals_are_listed_as_such_and_disturb_no_others(server: Any, folder: Path) -> None:
    """A file outside of ``.eflows`` that is no journal is left out."""
    (folder / "journal-5.jsonl").write_text(header(started=3.0) + "nonsense\n")
    (folder / "journal-6.jsonl").write_bytes(b"\xff\xfe\n")
    (folder / "journal-7.jsonl").write_text("")
    (folder.parent / "journal-diary.jsonl").write_text('{"dear": "diary"}\n')
    shutil.copy(EXAMPLE, folder / "journal-8.jsonl")
    told = {run["path"][-7:-6]: (run["problem"], run["line"]) for run in runs(server)}
    assert told["5"] == ("damaged", 2)
    assert told["6"] == ("not-a-journal", 1)
    assert told["7"] == ("", 0)
    assert told["8"][0] == ""
    assert len(told) == 4


@pytest.mark.parametrize(
    "path",
    [
        "..%2f..%2fhome%2fjournal-secret.jsonl",
        "%2e%2e/journal-secret.jsonl",
        "project/%2e%2e/%2e%2e/journal-secret.jsonl",
        "project/.eflows/%2e%2e/%2e%2e/%2e%2e/journal-secret.jsonl",
        "/journal-secret.jsonl",
        "project/journal%00.jsonl",
        "link/journal-secret.jsonl",
    ],
)
def test_a_path_cannot_leave_the_root(server: Any, folder: Path, path: str) -> None:
    """Neither by dots nor by links, encoded or not."""
    secret = server.running.root.parent / "journal-secret.jsonl"
    secret.write_text(header())
    (folder.parent.parent / "link").unlink(missing_ok=True)
    (folder.parent.parent / "link").symlink_to(secret.parent, target_is_directory=True)
    for method in ("GET", "DELETE"):
        assert server.ask(method, f"eflows/runs/{path}")[0] == 404
    assert secret.exists()
    assert runs(server) == []


def test_a_stranger_sees_no_runs(server: Any, folder: Path) -> None:
    """The server's own authentication is asked for."""
    shutil.copy(EXAMPLE, folder / "journal-1.jsonl")
    for method, path in (
        ("GET", "eflows/runs"),
        ("GET", "eflows/runs/project/.eflows/journal-1.jsonl"),
        ("DELETE", "eflows/runs/project/.eflows/journal-1.jsonl"),
    ):
        assert server.ask(method, path, token=False)[0] == 403
    assert (folder / "journal-1.jsonl").exists()


def test_the_example_of_the_front_end_has_the_keys_of_the_answer() -> None:
    """The TypeScript tests read this example."""
    example = json.loads((PROTOCOL / "runs.json").read_text())
    assert example.keys() == RunsModel.__annotations__.keys()
    assert [run.keys() for run in example["runs"]] == [RunModel.__annotations__.keys()] * 3
