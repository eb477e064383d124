"""Streams of objects and files, functions on top of tasks, and interactive use."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import STREAM_IN, STREAM_OUT
from pycompss.api.task import task
from pycompss.functions.data import chunks, generator
from pycompss.functions.elapsed_time import timeit
from pycompss.functions.map import map
from pycompss.functions.reduce import merge_n_reduce, merge_reduce
from pycompss.streams.distro_stream import FileDistroStream, ObjectDistroStream
from pycompss.util.serialization.serializer import (
    deserialize_from_file,
    deserialize_from_handler,
    serialize_objects,
    serialize_to_file,
    serialize_to_handler,
)

import eflows_nb as ef
from eflows_nb.pycompss.refusal import UnexpectedArgumentWarning


@task(stream=STREAM_OUT)
def produce(stream: Any, count: int) -> None:
    """Publish numbers, and close."""
    for number in range(count):
        stream.publish(number)
    stream.close()


@task(stream=STREAM_IN, returns=1)
def consume(stream: Any) -> Any:
    """Take what there is until the stream is closed."""
    taken: list[int] = []
    while not stream.is_closed():
        taken += stream.poll(timeout=10)
    return taken + stream.poll()


@task(returns=1)
def add(*numbers: int) -> Any:
    """Return the sum."""
    return sum(numbers)


@pytest.mark.parametrize("engines", [0, pytest.param(2, marks=pytest.mark.engines)])
def test_a_consumer_gets_what_a_producer_publishes(engines: int) -> None:
    """In order, and each object once."""
    if engines:
        ef.start(engines=engines)
    stream = ObjectDistroStream()
    produce(stream, 20)
    taken = consume(stream)

    assert compss_wait_on(taken) == list(range(20))
    assert stream.poll() == []
    ef.stop()


def test_streams_of_one_alias_are_one() -> None:
    """Whoever polls first takes an object."""
    first, second = ObjectDistroStream(alias="one"), ObjectDistroStream(alias="one")
    first.publish_list(["a", "b"])

    assert second.poll() == ["a", "b"]
    assert first.poll() == []


def test_a_stream_of_files_gives_each_file_once(tmp_path: Path) -> None:
    """Those that appear in its folder."""
    stream = FileDistroStream(base_dir=str(tmp_path))
    (tmp_path / "a").touch()
    assert stream.poll() == [str(tmp_path / "a")]
    (tmp_path / "b").touch()
    assert stream.poll() == [str(tmp_path / "b")]


def test_a_closed_stream_is_polled_until_it_is_empty() -> None:
    """Whoever only waits for its end hears of what is left once."""
    stream = ObjectDistroStream()
    stream.publish("last")
    stream.close()

    assert not stream.is_closed()
    assert stream.is_closed()
    assert stream.poll() == ["last"]
    assert stream.is_closed()


def test_a_stream_is_closed_when_all_its_producers_have_closed_it() -> None:
    """Those are the tasks that have it as STREAM_OUT."""
    stream = ObjectDistroStream()
    produce(stream, 1)
    stream.register_producer()
    ef.barrier()
    assert stream.poll() == [0]
    assert not stream.is_closed()

    stream.close()
    assert stream.is_closed()


@pytest.mark.parametrize("end", ["pass", "os.kill(os.getpid(), 9)"])
def test_a_program_leaves_no_folder_of_streams(end: str, tmp_path: Path) -> None:
    """Neither at its end nor when it is killed."""
    source = f"""
import os
from eflows_nb.pycompss.streams.distro_stream import ObjectDistroStream
stream = ObjectDistroStream()
stream.publish(1)
print(stream._folder.parent)
{end}
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-u", "-c", source], stdout=subprocess.PIPE, text=True, env=environment, check=False
    )
    folder = Path(ended.stdout.strip())

    assert folder.parent == tmp_path
    while folder.exists():
        time.sleep(0.05)


def test_reductions_are_trees() -> None:
    """Of tasks of two, or of up to n, values."""
    assert compss_wait_on(merge_reduce(add, [1, 2, 3, 4, 5])) == 15
    assert compss_wait_on(merge_n_reduce(add, 3, list(range(10)))) == 45
    assert merge_reduce(add, []) is None


def test_maps_data_and_times() -> None:
    """Results are waited for; random data are the same for the same seed."""

    @timeit()
    @task(returns=1)
    def one() -> Any:
        return 1

    result, seconds = one()
    assert compss_wait_on(result) == 1
    assert seconds >= 0
    assert map(add, [1, 2], [3, 4]) == [4, 6]
    assert generator((4, 3), 2, 10, "normal", True) == generator((4, 3), 2, 10, "normal", True)
    assert list(chunks([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]
    assert [len(piece) for piece in chunks([1, 2, 3, 4], 3, balanced=True)] == [2, 2]


def test_objects_become_files(tmp_path: Path) -> None:
    """And come back."""
    serialize_to_file({"a": 1}, str(tmp_path / "f"))

    assert deserialize_from_file(str(tmp_path / "f")) == {"a": 1}


@pytest.mark.engines
def test_interactive_use_starts_and_stops_engines(capsys: pytest.CaptureFixture[str]) -> None:
    """Results survive the stop."""
    import pycompss.interactive as ipycompss

    ipycompss.start(engines=1, graph=True, trace=False)
    result = add(1, 2)
    assert compss_wait_on(result) == 3
    assert ipycompss.is_running()
    assert ipycompss.resources_status()[0].startswith("engine 0 on ")
    assert "add" in {function.name for function in ipycompss.statistics().functions}
    ipycompss.stop(sync=False)

    assert not ipycompss.is_running()
    assert compss_wait_on(result) == 3
    assert ipycompss.tasks_status()["done"] >= 1
    assert "eflows-nb" in capsys.readouterr().out


def test_a_graph_without_tasks_is_no_error(
    run_program: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """Tutorials ask for it before somebody has pressed a button that calls some."""
    done = run_program("import pycompss.interactive as ipycompss\nprint(ipycompss.complete_task_graph())\n")

    assert done.stdout == "No task has been called yet.\nNone\n", done.stderr


def test_the_graph_of_a_program_is_printed(
    run_program: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """It tells which function reads from which; a notebook is shown the run view."""
    done = run_program(
        "import pycompss.interactive as ipycompss\n"
        "from pycompss.api.api import compss_wait_on\n"
        "from pycompss.api.task import task\n"
        "@task(returns=1)\ndef make(): return 1\n"
        "@task(returns=1)\ndef add(x, y): return x + y\n"
        "print(compss_wait_on(add(make(), make())))\n"
        "ipycompss.current_task_graph(fit=True, refresh_rate=0.5, timeout=18)\n"
    )

    assert done.stdout.splitlines()[:2] == ["2", "3 tasks: 3 done"], done.stderr
    assert "(reads make)" in done.stdout


@pytest.mark.engines
def test_an_option_of_start_that_nobody_knows_is_told() -> None:
    """Those of the runtime in Java have no meaning here, and programs have them."""
    import pycompss.interactive as ipycompss

    with (
        pytest.warns(UnexpectedArgumentWarning, match=r"start\(grpah=…\) has no effect") as told,
        ef.start(engines=1),
    ):
        ipycompss.start(engines=1, grpah=True, monitor=1000)

    assert len(told) == 1


def test_map_calls_all_tasks_before_it_waits_for_one() -> None:
    """As many as there are chunks, whose results come in order; they may depend on each other."""
    waiting: list[Any] = []

    @task(returns=1)
    def total(numbers: Any) -> Any:
        return sum(numbers)

    def call(numbers: list[int]) -> Any:
        waiting.append(total(numbers))
        return waiting[-1] if len(waiting) < 3 else total([*waiting[:2], *numbers])

    assert map(call, [1, 2, 3, 4, 5], 2) == [3, 7, 15]
    assert map(lambda future: type(future), [total([1]), total([2])]) == [type(waiting[0])] * 2


def test_methods_are_tasks_still_when_an_object_has_come_back(tmp_path: Path) -> None:
    """From a stream or a file, with its class by value: that one does not take the place of ours."""

    class Counter:
        def __init__(self) -> None:
            self.number = 0

        @task()
        def add(self) -> None:
            self.number += 1

    stream = ObjectDistroStream()
    stream.publish(Counter())
    serialize_to_file(Counter(), str(tmp_path / "counter"))
    with (tmp_path / "counter").open("rb") as file:
        opened, _ = deserialize_from_handler(file)
    for counter in (*stream.poll(), deserialize_from_file(str(tmp_path / "counter")), opened):
        counter.add()
        assert counter.number == 0
        assert compss_wait_on(counter).number == 1


def test_a_stream_knows_its_kind(tmp_path: Path) -> None:
    """And takes a mode of access, of which there is one: each message is given out once."""
    assert ObjectDistroStream("kind", "AT_LEAST_ONCE").get_stream_type() == "OBJECT"
    assert FileDistroStream("kind of files", str(tmp_path), "AT_MOST_ONCE").get_stream_type() == "FILE"


def test_objects_are_written_to_open_files_and_to_many(tmp_path: Path) -> None:
    """In the order in which they are read."""
    with (tmp_path / "two").open("wb") as file:
        serialize_to_handler([1], file)
        serialize_to_handler({"a": 2}, file)
    with (tmp_path / "two").open("rb") as file:
        assert deserialize_from_handler(file) == ([1], True)
        assert deserialize_from_handler(file) == ({"a": 2}, True)
    serialize_objects([(3, str(tmp_path / "three"))])

    assert deserialize_from_file(str(tmp_path / "three")) == 3
