"""A program of many tasks whose engines are killed and frozen: ``python chaos.py SEED [TASKS]``.

Prints what it found as one JSON object; `test_chaos.py` runs it and judges.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import eflows_nb as ef
from eflows_nb.runtime.journal import journal_of, replay
from eflows_nb.tasks.events import EngineJoined, EngineLeft, Event, TasksChanged
from eflows_nb.tasks.state import TaskState

ENGINES = 4
LIMIT_SECONDS = 150.0
PRIME = 2_147_483_647

Call = Callable[..., Any]


@ef.task
def mix(*numbers: Any) -> int:
    """Return a number that tells whether another input, or another order, was read."""
    total = 7
    for number in numbers:
        total = (total * 31 + (int(number.sum()) if hasattr(number, "sum") else number)) % 2_147_483_647
    return total


@ef.task
def spread(size: int, *inputs: Any) -> Any:
    """Return an array of so many items; 8192 and more stay on their engine."""
    import numpy as np

    result = np.arange(size, dtype=np.int64)
    for number in inputs:
        result = (result * 3 + (number[: size // 2].sum() if hasattr(number, "sum") else number)) % 1_000_003
    return result


@ef.task
def gather(nested: dict[str, Any]) -> int:
    """Return a number made of inputs that are inside lists of a dict."""
    total = nested["first"]
    for item in nested["more"]:
        total = (total * 17 + (int(item.max()) if hasattr(item, "max") else item)) % 2_147_483_647
    return total


@ef.task(returns=2)
def divide(array: Any, number: int) -> Any:
    """Return an array and a number."""
    return array // (number % 7 + 2) + number % 11, int(array[:5].sum())


@ef.task(array=ef.INOUT)
def change(array: Any, number: int) -> int:
    """Change an array, and return a number."""
    array *= number % 5 + 1
    array %= 1_000_003
    return int(array[-1])


@ef.task
def work(number: int) -> int:
    """Return a number after some milliseconds of work."""
    for _ in range(20_000):
        number = (number * 48_271 + 11) % 2_147_483_647
    return number


def program(seed: int, tasks: int, *, call: Call, put: Call, wait: Call) -> list[Any]:
    """Call task functions in a random graph; return what is left of the values at the end.

    Parameters
    ----------
    call, put, wait
        Call a task function, freeze a value, and get one: a plain interpreter's, or a session's.
    """
    choose = random.Random(seed)
    numbers: list[Any] = [seed]
    arrays: list[Any] = [put(np.arange(40_000) % 997), put(np.arange(9_000)), call(spread, 20_000, seed)]
    own = np.arange(30_000) % 89

    def some(values: Sequence[Any], most: int) -> list[Any]:
        young = values[-12:] if choose.random() < 0.7 else values
        return [choose.choice(young) for _ in range(choose.randint(1, most))]

    def submit() -> None:
        kind = choose.random()
        if kind < 0.35:
            numbers.append(call(mix, *some(numbers, 3), *some([*arrays, own], 2)[1:]))
        elif kind < 0.60:
            size = choose.choice([100, 8_192, 10_000, 40_000])
            arrays.append(call(spread, size, *some(numbers, 2), *some(arrays, 2)))
        elif kind < 0.70:
            nested = {"first": choose.choice(numbers), "more": some(arrays, 3) + some(numbers, 2)}
            numbers.append(call(gather, nested))
        elif kind < 0.80:
            array, number = call(divide, choose.choice(arrays), choose.choice(numbers))
            arrays.append(array)
            numbers.append(number)
        elif kind < 0.90:
            numbers.append(call(change, choose.choice([own, *arrays[2:]]), choose.choice(numbers)))
        else:
            numbers.append(call(work, choose.choice(numbers)))

    for _ in range(tasks - 1):
        submit()
        if choose.random() < 0.002:
            numbers.append(wait(choose.choice(numbers)))
        if choose.random() < 0.3 and len(arrays) > 20:
            del arrays[choose.randrange(2, len(arrays))]
        if choose.random() < 0.3 and len(numbers) > 20:
            del numbers[choose.randrange(len(numbers))]
    return [*numbers, *arrays, own]


class Chaos:
    """An observer that kills one engine and freezes another one, each when so many tasks are done."""

    def __init__(self, seed: int, tasks: int) -> None:
        self._choose = random.Random(-seed - 1)
        self._plan = sorted((self._choose.randrange(1, tasks), s) for s in (signal.SIGKILL, signal.SIGSTOP))
        self._alive: dict[int, int] = {}
        self._done = 0
        self.struck: list[str] = []

    def __call__(self, events: Sequence[Event]) -> None:
        """Strike when it is time."""
        for event in events:
            if type(event) is EngineJoined:
                self._alive[event.engine] = event.pid
            elif type(event) is EngineLeft:
                self._alive.pop(event.engine, None)
            elif type(event) is TasksChanged and event.state is TaskState.DONE:
                self._done += len(event.tasks)
            while self._plan and self._alive and self._done >= self._plan[0][0]:
                engine = self._choose.choice(list(self._alive))
                _, number = self._plan.pop(0)
                os.kill(self._alive.pop(engine), number)
                self.struck.append(f"{number.name} to engine {engine} after {self._done} tasks")


def plain(function: Any, *args: Any) -> Any:
    """Call a task function as Python does."""
    return function.function(*args)


def same(left: Any, right: Any) -> bool:
    """Return whether two values are of one kind, and equal."""
    return type(left) is type(right) and np.array_equal(left, right)


def replayed(session: ef.Session) -> str:
    """Return how the state to which the journal leads differs from that of the session, empty if not."""
    run, shot = replay(journal_of(session)), session.snapshot()
    there = {(engine.engine, engine.host, engine.pid) for engine in shot.engines}
    told = {(engine.engine, engine.host, engine.pid) for engine in run.engines if not engine.left}
    live = ({state: count for state, count in shot.tasks.items() if count}, there, shot.state.value)
    past = ({state: count for state, count in run.tasks.counts().items() if count}, told, run.cluster_state)
    return "" if live == past else f"session {live}, journal {past}"


def main(seed: int, tasks: int) -> None:
    """Run the program on engines and without, and tell of it."""
    faulthandler.enable()
    began = time.perf_counter()
    expected = program(seed, tasks, call=plain, put=lambda value: value, wait=lambda value: value)
    session = ef.start(engines=ENGINES)
    chaos = Chaos(seed, tasks)
    end = session.observe(chaos)
    values = program(seed, tasks, call=lambda function, *args: function(*args), put=ef.put, wait=ef.wait_on)
    found = ef.wait_on(values, timeout=LIMIT_SECONDS)
    ef.barrier(LIMIT_SECONDS)
    end()
    right = [same(one, other) for one, other in zip(expected, found, strict=True)]
    session.progress()
    during = replayed(session)
    states = {state.value: count for state, count in session.snapshot().tasks.items() if count}
    del values, found
    ef.stop()
    run = replay(journal_of(session))
    told = {
        "session": session.token,
        "wrong": right.count(False),
        "compared": len(right),
        "struck": chaos.struck,
        "states": states,
        "replayed": [during, replayed(session)],
        "runs": sum(task.runs for task in run.tasks.values()),
        "lost": sum(lost.end == "lost" for lost in run.lost),
        "left": [engine.engine for engine in run.engines if engine.left and not engine.expected],
        "seconds": round(time.perf_counter() - began, 1),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2_000)
