"""The file of a journal: who has one, what is in it, and what a kill leaves."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.errors import JournalError
from eflows_nb.runtime.journal import Journal, attach, journal_of, read, replay
from eflows_nb.runtime.session import Session
from eflows_nb.tasks.events import (
    EngineJoined,
    Event,
    TasksSubmitted,
)
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.state import TaskState


def _written(folder: Path, told: Sequence[Event]) -> Path:
    journal = Journal(folder, "token")
    journal(told)
    journal.flush()
    assert journal.path is not None
    return journal.path


def _submission(*tasks: int, time: float = 1.0) -> TasksSubmitted:
    count = len(tasks)
    return TasksSubmitted(
        time=time, tasks=tasks, names=("f",) * count, parents=((),) * count, origins=(-1,) * count
    )


def test_a_journal_says_whose_it_is(tmp_path: Path) -> None:
    """The first line names the session and its process."""
    header, _ = read(_written(tmp_path, [_submission(1)]))

    assert header.session == "token"
    assert header.program.startswith("eflows-nb")


@pytest.mark.parametrize(("run", "name"), [("", "a.ipynb"), ("1", "")])
def test_a_journal_names_its_notebook(
    run: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the Jupyter server that started the kernel did; a run started from a notebook is not that one's."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/a.ipynb")
    monkeypatch.setenv("EFLOWS_RUN", run)
    first = _written(tmp_path, [_submission(1)]).read_text().splitlines()[0]

    assert json.loads(first)["notebook"] == name


def test_only_its_owner_can_read_a_journal(tmp_path: Path) -> None:
    """Names and errors of a user's tasks are nobody else's business."""
    assert _written(tmp_path, [_submission(1)]).stat().st_mode & 0o777 == 0o600


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    """What a killed process wrote half is as if it had not been written."""
    path = _written(tmp_path, [_submission(1), _submission(2)])
    path.write_bytes(path.read_bytes()[:-5])

    assert list(replay(path).tasks) == [1]


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n\xff\n", b'{"format": "eflows-journal", "version": "x"}\n']
)
def test_what_is_no_journal_is_told(content: bytes, tmp_path: Path) -> None:
    """Whatever is in the file."""
    path = tmp_path / "picture.png"
    path.write_bytes(content)

    with pytest.raises(JournalError, match="is not a journal"):
        replay(path)


def test_bytes_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    """They are told like any other damaged line."""
    path = _written(tmp_path, [_submission(1)])
    path.write_bytes(path.read_bytes() + b"\xff\xfe\n")

    with pytest.raises(JournalError, match="is not a line of a journal"):
        replay(path)


def test_a_journal_is_where_the_notebook_was_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program may change its folder before its first task."""
    monkeypatch.chdir(tmp_path)
    journal = Journal(Path("here"), "token")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    journal([_submission(1)])

    assert journal.path is not None
    assert journal.path.parent == tmp_path / "here"


def test_a_journal_that_was_removed_is_told(tmp_path: Path) -> None:
    """Whoever asks what happened learns that nobody knows it any more."""
    program = (
        "import eflows_nb as ef, shutil; ef.wait_on(ef.task(abs)(-1)); shutil.rmtree('journals')\n"
        "try: ef.summary()\n"
        "except ef.JournalError as error: print(error)"
    )
    environment = os.environ | {"EFLOWS_JOURNAL": "journals"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "was removed while it is written" in done.stdout


def test_a_damaged_line_is_an_error(tmp_path: Path) -> None:
    """A journal that was changed is not believed."""
    path = _written(tmp_path, [_submission(1), _submission(2)])
    path.write_text(path.read_text().replace('["submitted"', '["submitted', 1))

    with pytest.raises(JournalError, match="is not a line of a journal"):
        replay(path)


def test_a_line_of_another_kind_is_left_out(tmp_path: Path) -> None:
    """A later release may tell more, which an earlier one need not understand."""
    path = _written(tmp_path, [_submission(1)])
    path.write_text(path.read_text() + '["colour",12,"green"]\n')

    assert list(replay(path).tasks) == [1]


def test_a_journal_of_a_later_version_is_refused(tmp_path: Path) -> None:
    """A reader does not guess at what it does not know."""
    path = _written(tmp_path, [_submission(1)])
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))

    with pytest.raises(JournalError, match=r"version 2; this program reads .* up to version 1"):
        read(path)


def test_another_file_is_no_journal(tmp_path: Path) -> None:
    """A file without the first line of a journal is named as such."""
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"cells": []}))

    with pytest.raises(JournalError, match="is not a journal"):
        read(path)


def test_a_session_without_tasks_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is created at the first task."""
    monkeypatch.setenv("EFLOWS_JOURNAL", str(tmp_path / "journals"))
    session = Session()
    attach(session)
    session.wait_on(session.put([1]))

    with pytest.raises(JournalError, match="no task was called"):
        journal_of(session)
    assert not (tmp_path / "journals").exists()


def test_what_happened_before_the_first_task_is_not_lost(tmp_path: Path) -> None:
    """Also when somebody asks for the journal too early."""
    journal = Journal(tmp_path, "token")
    journal([EngineJoined(time=1.0, engine=3, host="here", pid=4)])
    journal.flush()
    journal([_submission(1)])
    journal.flush()

    assert journal.path is not None
    assert [engine.engine for engine in replay(journal.path).engines] == [3]


def test_a_journal_lies_beside_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without another word it is in the folder .eflows of the current folder."""
    monkeypatch.delenv("EFLOWS_JOURNAL")
    monkeypatch.chdir(tmp_path)
    session = Session()
    attach(session)
    session.wait_on(_call(session, abs, -1))

    assert journal_of(session).parent == tmp_path / ".eflows"


def test_a_journal_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With EFLOWS_JOURNAL=off nothing is written."""
    monkeypatch.setenv("EFLOWS_JOURNAL", "off")
    monkeypatch.chdir(tmp_path)
    session = Session()
    attach(session)
    session.wait_on(_call(session, abs, -1))

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(JournalError, match="EFLOWS_JOURNAL=off"):
        journal_of(session)


def test_a_folder_that_cannot_be_written_is_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The work goes on without a journal."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("EFLOWS_JOURNAL", str(tmp_path / "file"))
    session = Session()
    attach(session)

    assert session.wait_on([_call(session, abs, -1), _call(session, abs, -2)]) == [1, 2]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "This session has no journal" in caplog.text


def _call(session: Session, function: Any, *args: Any) -> Any:
    return session.submit(TaskFunction(function, submit=session.submit), args, {})


def _run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={
            "EFLOWS_JOURNAL": str(folder),
            "PYTHONPATH": ":".join(sys.path),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


_PROGRAM = """
import os, resource, signal
import eflows_nb as ef
from eflows_nb.runtime import journal, session
double = ef.task(lambda x: 2 * x)
"""


def test_a_full_disk_ends_the_journal_but_not_the_work(tmp_path: Path) -> None:
    """What was written stays readable, and there is one warning."""
    # It would cut off compiled modules too, if any were still to be written.
    limit = "double(0)\nresource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
    work = "print(sum(ef.wait_on([double(i) for i in range(1000)])))"

    ended = _run(_PROGRAM + limit + work, tmp_path)

    assert ended.stdout == "999000\n"
    assert ended.stderr.count("ends here") == 1
    (path,) = tmp_path.iterdir()
    assert path.stat().st_size == 5000
    assert len(replay(path).tasks) > 10


def test_a_killed_process_leaves_what_it_has_written(tmp_path: Path) -> None:
    """A journal can be read after a kill, and shows that the session did not end as it should."""
    work = """
ef.wait_on([double(i) for i in range(100)])
journal.journal_of(session.current())
for i in range(100): double(i)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = _run(_PROGRAM + work, tmp_path)

    assert ended.returncode == -signal.SIGKILL
    (path,) = tmp_path.iterdir()
    state = replay(path)
    assert state.tasks.counts()[TaskState.DONE] >= 100
    assert not state.complete


def test_a_process_that_ends_leaves_everything(tmp_path: Path) -> None:
    """At the end of the interpreter the last events are written too."""
    ended = _run(_PROGRAM + "for i in range(100): double(i)", tmp_path)

    assert ended.stderr == ""
    (path,) = tmp_path.iterdir()
    state = replay(path)
    assert state.tasks.counts()[TaskState.DONE] == 100
    assert state.complete


def test_a_forked_process_writes_nothing(tmp_path: Path) -> None:
    """A child that inherits a journal leaves it to its parent."""
    work = """
double(1)
child = os.fork()
if child: os.waitpid(child, 0)
"""
    ended = _run(_PROGRAM + work, tmp_path)

    assert ended.stderr == ""
    (path,) = tmp_path.iterdir()
    assert path.read_text().count('["done"') == 1
    assert path.read_text().count('["ended"') == 1


@ef.task
def double(x: int) -> int:
    """Return twice the argument."""
    return 2 * x


@ef.task
def _kill_engine_once(marker: str) -> int:
    path = Path(marker)
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


@pytest.mark.engines
@pytest.mark.usefixtures("settled")
def test_the_journal_of_engines_knows_who_was_lost(two_engines: ef.Session, tmp_path: Path) -> None:
    """An engine that died is told from one that is there, and its task is done on another."""
    double(1)
    before = {engine for engine in replay(journal_of(two_engines)).engines if engine.left is not None}
    future = _kill_engine_once(str(tmp_path / "marker"))
    process = ef.wait_on(future)

    state = replay(journal_of(two_engines))

    task = state.tasks[future.datum.number]
    (lost,) = {engine for engine in state.engines if engine.left is not None} - before
    assert not lost.expected
    assert task.state is TaskState.DONE
    made_it = [engine for engine in state.engines if engine.engine == task.engine and engine.pid == process]
    assert [engine.host for engine in made_it] == [socket.gethostname()]


@pytest.mark.engines
@pytest.mark.usefixtures("settled")
def test_the_journal_of_engines_knows_their_peak_memory(two_engines: ef.Session) -> None:
    """An engine reads it now and then, so that it stands at some of its tasks, with another at none."""

    def told() -> list[int]:
        futures = [double(x) for x in range(10)]
        ef.wait_on(futures)
        tasks = replay(journal_of(two_engines)).tasks
        return [tasks[future.datum.number].memory for future in futures]

    end = time.monotonic() + 60
    while max(told()) <= 1 << 20:
        assert time.monotonic() < end
