"""Tasks that are programs, and programs before and after tasks."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from pycompss.api.api import compss_wait_on, compss_wait_on_file
from pycompss.api.binary import binary
from pycompss.api.container import container
from pycompss.api.epilog import epilog
from pycompss.api.http import http
from pycompss.api.mpi import mpi
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import (
    FILE_IN_STDIN,
    FILE_INOUT,
    FILE_INOUT_STDOUT,
    FILE_OUT_STDOUT,
    INOUT,
    Prefix,
    StdIOStream,
    Type,
)
from pycompss.api.prolog import prolog
from pycompss.api.software import software
from pycompss.api.task import task

from eflows_nb.engine.processes import ProgramFailedError
from eflows_nb.pycompss.refusal import UnsupportedError


def test_a_program_gets_the_arguments_in_order(tmp_path: Path) -> None:
    """Files as they are, streams as streams, what has a prefix behind it."""

    @binary(binary="grep")
    @task(source={Type: FILE_IN_STDIN}, count={Prefix: "--max-count="}, result={Type: FILE_OUT_STDOUT})
    def grep(count: int, word: str, source: str, result: str) -> None: ...

    (tmp_path / "in").write_text("a b\nb c\nb d\n")
    grep(1, "b", str(tmp_path / "in"), str(tmp_path / "out"))
    compss_wait_on_file(str(tmp_path / "out"))

    assert (tmp_path / "out").read_text() == "a b\n"


def test_arguments_may_be_named_in_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters in braces, environment variables with a dollar, also in the folder."""
    monkeypatch.setenv("WORD", "hello")
    (tmp_path / "here").mkdir()

    @binary(binary="echo", args="${WORD} {{name}}", working_dir=str(tmp_path) + "/{{folder}}")
    @task(out={Type: FILE_OUT_STDOUT, StdIOStream: 1})
    def greet(name: str, folder: str, out: str) -> None: ...

    greet("you", "here", str(tmp_path / "out"))
    compss_wait_on_file(str(tmp_path / "out"))

    assert (tmp_path / "out").read_text() == "hello you\n"


@pytest.mark.engines
def test_a_variable_that_the_program_sets_is_seen(
    run_program: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """Its engines were started before, with another environment."""
    done = run_program(
        "import os\n"
        "from pycompss.api.api import compss_open\n"
        "from pycompss.api.binary import binary\n"
        "from pycompss.api.parameter import FILE_OUT_STDOUT\n"
        "from pycompss.api.task import task\n"
        "@binary(binary='${PROGRAM}', args='$WORD', working_dir='$WORD')\n"
        "@task(out=FILE_OUT_STDOUT)\n"
        "def say(out): ...\n"
        "os.environ.update(PROGRAM='echo', WORD='hello')\n"
        "say('out')\n"
        "print(compss_open('out').read(), os.path.isdir('hello'))\n",
        engines=1,
    )

    assert done.stdout == "hello\n True\n", done.stderr


def test_the_result_of_a_program_is_its_exit_code() -> None:
    """Unless one other than 0 is a failure: then it is told with the command line."""

    @binary(binary="sh", args="-c 'exit 3'", fail_by_exit_value=False)
    @task(returns=int)
    def code() -> Any: ...

    @binary(binary="sh", args="-c 'exit 3'")
    @task(returns=int, on_failure="FAIL")
    def fail() -> Any: ...

    assert compss_wait_on(code()) == 3
    with pytest.raises(ProgramFailedError, match="'sh -c 'exit 3'' ended with exit code 3"):
        compss_wait_on(fail())


def test_programs_run_before_and_after_a_task(tmp_path: Path) -> None:
    """With its arguments."""

    @prolog(binary="sh", args="-c 'echo before > {{path}}'")
    @epilog(binary="sh", args="-c 'echo after >> {{path}}'")
    @task(path=FILE_INOUT)
    def work(path: str) -> None:
        with Path(path).open("a") as file:
            file.write("task\n")

    work(str(tmp_path / "f"))
    compss_wait_on_file(str(tmp_path / "f"))

    assert (tmp_path / "f").read_text().split() == ["before", "task", "after"]


def test_output_is_added_to_a_file_that_is_not_only_written(tmp_path: Path) -> None:
    """With FILE_OUT it takes the place of what was there."""

    @binary(binary="echo")
    @task(log=FILE_INOUT_STDOUT)
    def add(word: str, log: str) -> None: ...

    @binary(binary="echo")
    @task(log=FILE_OUT_STDOUT)
    def begin(word: str, log: str) -> None: ...

    log = str(tmp_path / "log")
    (tmp_path / "log").write_text("before\n")
    begin("a", log)
    add("b", log)
    add("c", log)
    compss_wait_on_file(log)

    assert (tmp_path / "log").read_text().split() == ["a", "b", "c"]


def test_arguments_that_are_collected_by_name_are_named_too(tmp_path: Path) -> None:
    """With prefixes, as streams, and in a text."""

    @binary(binary="grep")
    @task(count={Prefix: "--max-count="}, result=FILE_OUT_STDOUT, source=FILE_IN_STDIN)
    def grep(**words: Any) -> None: ...

    @binary(binary="echo", args="{{word}} {{number}}")
    @task(result=FILE_OUT_STDOUT)
    def echo(number: int, **words: Any) -> None: ...

    (tmp_path / "in").write_text("a b\nb c\n")
    grep(count=1, word="b", source=str(tmp_path / "in"), result=str(tmp_path / "found"))
    echo(3, word="x", result=str(tmp_path / "said"))
    compss_wait_on_file(str(tmp_path / "found"), str(tmp_path / "said"))

    assert (tmp_path / "found").read_text() == "a b\n"
    assert (tmp_path / "said").read_text() == "x 3\n"


def test_a_program_that_fails_before_a_task_fails_it_and_one_after_it_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Unless they say otherwise, also by an environment variable."""

    def one() -> Any:
        return 1

    monkeypatch.setenv("MAY_FAIL", "false")
    before = prolog(binary="false")(task(returns=1, on_failure="FAIL")(one))
    after = epilog(binary="false")(task(returns=1, on_failure="FAIL")(one))
    strict = epilog(binary="false", fail_by_exit_value=True)(task(returns=1, on_failure="FAIL")(one))
    lax = prolog(binary="false", fail_by_exit_value="${MAY_FAIL}")(task(returns=1)(one))

    assert compss_wait_on(after()) == compss_wait_on(lax()) == 1
    for fails in (before, strict):
        with pytest.raises(ProgramFailedError, match="'false' ended with exit code 1"):
            compss_wait_on(fails())


def test_a_file_adds_to_what_decorators_say(tmp_path: Path) -> None:
    """Parameters of the file come beside those of @task, and decorators below @software stay."""
    config = tmp_path / "task.json"
    config.write_text('{"execution": {"type": "task"}, "parameters": {"returns": 1}}')

    @software(config_file=str(config))
    @on_failure(management="IGNORE", returns=7)
    @task(items=INOUT)
    def work(items: list[int], fails: bool) -> Any:
        items.append(1)
        if fails:
            raise RuntimeError("no luck")
        return len(items)

    items: list[int] = []

    assert compss_wait_on(work(items, False)) == 1
    assert compss_wait_on(work([], True)) == 7
    assert compss_wait_on(items) == [1]


def test_a_file_describes_a_program(tmp_path: Path) -> None:
    """By @software, with what comes before it."""
    config = tmp_path / "task.json"
    config.write_text(
        '{"execution": {"type": "binary", "binary": "sh", "args": "-c \'exit {{code}}\'", '
        '"fail_by_exit_value": false}, "parameters": {"returns": "int"}, '
        '"prolog": {"binary": "echo", "args": "hello"}}'
    )

    @software(config_file=str(config))
    @task()
    def code(code: int) -> Any: ...

    assert compss_wait_on(code(4)) == 4


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Answer with the path that was asked for."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"path": "%s"}' % self.path.encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"sent": %s, "of": {"size": %d}}' % (body, len(body)))

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("EFLOWS_HTTP_PLACES", f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("service")
def test_a_task_asks_a_web_service() -> None:
    """And returns the part of the answer that it names."""

    @http(service_name="places", request="GET", resource="at/{{x}}", produces='{"path": "{{return_0}}"}')
    @task(returns=1)
    def ask(x: int) -> Any: ...

    assert compss_wait_on(ask(5)) == "/at/5"


@pytest.mark.usefixtures("service")
def test_what_is_sent_to_a_web_service_is_json() -> None:
    """Several parts of the answer may be returned, and others put into an argument."""
    answer = "{'of': {'size': '{{return_1}}'}, 'sent': '{{return_0}}'}"

    @http(service_name="places", request="POST", resource="", payload="{{x}}", produces=answer)
    @task(returns=2)
    def send(x: str) -> Any: ...

    @http(
        service_name="places",
        request="POST",
        resource="",
        payload="[{{x}}]",
        produces="{'sent': '{{told}}'}",
        updates="{{notes}}.sent = {{told}}",
    )
    @task(notes=INOUT)
    def note(x: str, notes: dict[str, Any]) -> Any: ...

    notes: dict[str, Any] = {"kept": 1}
    note("a", notes)

    assert compss_wait_on(list(send("word"))) == ["word", 6]
    assert compss_wait_on(notes) == {"kept": 1, "sent": ["a"]}


def test_what_this_machine_lacks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An MPI runner and a container engine, with the way out; so is a service without an address."""
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)

    @mpi(binary="date", runner="mpirun", processes=2)
    @task(returns=int, on_failure="FAIL")
    def many() -> Any: ...

    @container(engine="SINGULARITY", image="image.sif")
    @binary(binary="date")
    @task(returns=int, on_failure="FAIL")
    def inside() -> Any: ...

    @http(service_name="nowhere", resource="x", request="GET")
    @task(returns=1, on_failure="FAIL")
    def ask() -> Any: ...

    with pytest.raises(UnsupportedError, match=r"by 'mpirun', and this machine has none\. Install an"):
        compss_wait_on(many())
    with pytest.raises(UnsupportedError, match="has no apptainer and no singularity"):
        compss_wait_on(inside())
    with pytest.raises(UnsupportedError, match="the environment variable EFLOWS_HTTP_NOWHERE"):
        compss_wait_on(ask())
