"""What stays bounded however long a program runs: memory of engines, of the client, and what waits."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.engine.shared import folders
from eflows_nb.runtime import driver
from eflows_nb.tasks.data import Large

pytestmark = pytest.mark.engines

_MEGABYTES = 4
_ARRAYS = 30


@pytest.fixture(scope="module")
def engine() -> Iterator[ef.Session]:
    """One engine that holds 8 MB of results in memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EFLOWS_ENGINE_MEMORY", str(8 << 20))
        with ef.start(engines=1) as session:
            yield session


@ef.task
def array(value: int) -> Any:
    """Return an array of some megabytes."""
    import numpy as np

    return np.full(_MEGABYTES << 17, float(value))


@ef.task
def looked_at(*_: object) -> tuple[int, int, int]:
    """Return the anonymous memory of an engine in bytes, its nameless files, and its number of results."""
    import re
    from pathlib import Path

    from eflows_nb.engine import attach

    [kilobytes] = re.findall(r"RssAnon:\s*(\d+)", Path("/proc/self/status").read_text())
    files = re.findall(r" \(deleted\)\n", Path("/proc/self/maps").read_text())
    assert attach._attachment is not None
    return int(kilobytes) << 10, len(files), len(attach._attachment._worker._store)


@pytest.mark.usefixtures("engine")
def test_an_engine_spills_what_exceeds_its_memory() -> None:
    """The oldest results go to files without a name, and are still right and there for tasks and client."""
    ef.wait_on(array(0))
    before, none, _ = ef.wait_on(looked_at())
    arrays = [array(value) for value in range(_ARRAYS)]
    total = ef.task(lambda *arrays: [float(array[-1]) for array in arrays])(*arrays)
    assert ef.wait_on(total) == [float(value) for value in range(_ARRAYS)]
    after, files, held = ef.wait_on(looked_at())

    assert held >= _ARRAYS
    assert files - none >= _ARRAYS - 3
    assert after - before < _ARRAYS * _MEGABYTES * (1 << 20) // 2
    assert [values[0] for values in ef.wait_on(arrays)] == list(range(_ARRAYS))


def test_what_nobody_needs_is_given_up_everywhere(engine: ef.Session) -> None:
    """Engine, client and shared memory let go of results with the last future of each."""
    gc.collect()
    ef.wait_on(looked_at())  # takes along what is to be given up of earlier tests
    _, _, before = ef.wait_on(looked_at())
    known = _known()
    files = _files(engine)
    arrays = [array(value) for value in range(8)]
    values = ef.wait_on(arrays[:4])  # the others stay on the engine
    read = ef.wait_on(looked_at(arrays))
    assert read[2] - before == 8
    del arrays, values
    gc.collect()
    ef.wait_on(looked_at())

    assert ef.wait_on(looked_at())[2] == before
    assert _known() <= known  # those of earlier sessions may go, too
    assert _files(engine) <= files


def test_what_was_put_and_dropped_makes_room_at_once(engine: ef.Session) -> None:
    """Also when nothing else is asked of the session meanwhile."""
    import numpy as np

    gc.collect()
    ef.wait_on(looked_at())
    before = len(_files(engine))
    for _ in range(10):
        ef.put(np.zeros(1 << 17))

    assert len(_files(engine)) <= before + 1


async def _soon(future: ef.Future) -> None:
    await asyncio.wait_for(future, 0.001)


def test_a_wait_that_ends_early_leaves_nothing(engine: ef.Session, gates: Any, hold: Any) -> None:
    """A program may look for what has ended again and again."""
    gate = gates()
    future = hold(*gate.paths, -1)
    gate.wait_for_start()
    for _ in range(3):
        with pytest.raises(ef.WaitTimeoutError):
            next(ef.as_completed([future], timeout=0.001))
        with pytest.raises(ef.WaitTimeoutError):
            future.exception(timeout=0.001)
        with pytest.raises(TimeoutError):
            asyncio.run(_soon(future))

    assert not future.datum.callbacks
    gate.open()
    assert ef.wait_on(future) == -1


def _files(session: ef.Session) -> set[Path]:
    return {path for folder in folders() for path in folder.glob(f"eflows-{session.token}-*")}


def _known() -> int:
    return sum(type(thing) is Large for thing in gc.get_objects())


def test_who_submits_too_much_waits(
    engine: ef.Session, gates: Any, hold: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the limit a submission returns only when a tenth of the tasks has ended; none is lost."""
    limit, many = 1000, 3000
    monkeypatch.setattr(driver, "TASKS_LIMIT", limit)
    gate = gates()
    held = hold(*gate.paths, -1)
    gate.wait_for_start()
    futures: list[ef.Future] = []
    waits = threading.Event()
    wait = engine._driver.wait

    def noted(*args: Any, **kwargs: Any) -> None:
        waits.set()
        wait(*args, **kwargs)

    def submit() -> None:
        identity = ef.task(lambda x: x)
        for number in range(many):
            futures.append(identity(number))

    monkeypatch.setattr(engine._driver, "wait", noted)
    submitter = threading.Thread(target=submit)
    submitter.start()
    assert waits.wait(60)
    assert limit - 2 < len(futures) < limit + driver._PUMP_EVERY
    gate.open()
    submitter.join(60)

    assert ef.wait_on([held, *futures]) == [-1, *range(many)]
