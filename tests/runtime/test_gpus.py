"""GPUs that tasks see. No GPU is needed: what counts is which names CUDA would be told."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

import eflows_nb as ef

pytestmark = pytest.mark.engines


@ef.task
def seen(*_: object) -> tuple[int, str]:
    """Return process and GPUs of an engine."""
    import os

    return os.getpid(), os.environ["CUDA_VISIBLE_DEVICES"]


@ef.task(gpus=2)
def seen_by_two() -> str:
    """Return what a task sees that asks for two GPUs."""
    import os

    return os.environ["CUDA_VISIBLE_DEVICES"]


@pytest.fixture(autouse=True)
def three_gpus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine have three, and stop what a test has started."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5,7")
    yield
    ef.stop(cancel=True)


@pytest.mark.parametrize("hosts", [None, ["localhost"]], ids=["local", "hosts"])
def test_a_replaced_engine_has_the_gpu_of_the_one_that_was_lost(hosts: list[str] | None) -> None:
    """Two engines have different GPUs, whichever of them died; a task that asks for two sees both."""
    session = ef.start(engines=2, hosts=hosts)
    driver = session._driver
    driver.wait(lambda: len(session.snapshot().engines) == 2, 60)
    before = dict(driver._exchange._gpus)
    [lost, stays] = session.snapshot().engines
    os.kill(lost.pid, signal.SIGKILL)

    def is_replaced() -> bool:
        numbers = {engine.pid for engine in session.snapshot().engines}
        return len(numbers) == 2 and lost.pid not in numbers

    driver.wait(is_replaced, 60)
    [new] = {engine.engine for engine in session.snapshot().engines} - {stays.engine}

    assert sorted(before.values()) == [("3",), ("5",)]
    assert driver._exchange._gpus[new] == before[lost.engine]
    assert sorted(ef.wait_on(seen_by_two()).split(",")) == ["3", "5"]
    assert {gpu for _, gpu in ef.wait_on(ef.map(seen, range(20)))} <= {"3", "5"}


def test_an_engine_sees_all_gpus_of_its_share() -> None:
    """One engine has the whole machine, so that a task which asks for two has them."""
    ef.start(engines=1)

    assert ef.wait_on(seen())[1] == "3,5,7"
    assert ef.wait_on(seen_by_two()) == "3,5,7"
