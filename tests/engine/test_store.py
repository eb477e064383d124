"""What an engine holds, and for how long."""

from __future__ import annotations

import errno
from typing import Any

import numpy as np
import pytest

import eflows_nb as ef
from eflows_nb.engine import store
from eflows_nb.engine.packing import pack
from eflows_nb.engine.store import MissingDatumError, Store


def test_small_values_stay_for_the_batches_that_may_read_them() -> None:
    """The client says how many earlier batches still count."""
    held = Store()
    for batch in range(3):
        held.begin_batch(1)
        held.keep_for_batch(batch, batch)
    assert [datum in held for datum in range(3)] == [False, True, True]
    held.begin_batch(0)

    assert len(held) == 0


def test_large_values_stay_until_they_are_dropped() -> None:
    """Dropping what is not there does no harm."""
    held = Store()
    held.keep(1, pack(np.zeros(10_000)))
    for _ in range(5):
        held.begin_batch(0)
    assert 1 in held
    held.drop([1, 2])

    assert 1 not in held


def test_more_than_fits_into_memory_is_moved_to_files() -> None:
    """Values stay the same, and are dropped like others."""
    held = Store(limit=250_000)
    for datum in range(5):
        held.keep(datum, pack(np.full(10_000, float(datum))))

    assert [held[datum].value()[0] for datum in range(5)] == [0.0, 1.0, 2.0, 3.0, 4.0]
    held.drop(list(range(5)))
    assert len(held) == 0


def test_what_could_not_be_moved_to_a_file_is_moved_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as there is room for it, with all that came since."""
    moved: list[Any] = []
    room = False

    def move(packed: Any) -> Any:
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        moved.append(packed)
        return packed

    monkeypatch.setattr(store, "spilled", move)
    held = Store(limit=100_000)
    values = [pack(np.full(10_000, float(datum))) for datum in range(5)]
    for datum in range(4):
        held.keep(datum, values[datum])
    room = True
    held.keep(4, values[4])

    assert moved == values[:4]


def test_what_is_kept_again_counts_once() -> None:
    """A task that runs again for one of its results makes the others again, too."""
    held = Store(limit=250_000)
    for _ in range(5):
        held.keep(0, pack(np.zeros(10_000)))
    later = [pack(np.ones(10_000)) for _ in range(2)]
    for datum, packed in enumerate(later, 1):
        held.keep(datum, packed)

    assert [held[1], held[2]] == later, "there was room in memory"


def test_arguments_find_what_they_refer_to() -> None:
    """Each fetch gives a value of its own; a writable one can be changed, and nobody sees it."""
    held = Store()
    held.begin_batch(0)
    held.keep_for_batch(1, pack([1, 2]))
    held.keep(2, pack(np.zeros(10_000)))
    held.keep_for_batch(3, 7)
    store.activate(held, {})
    store.fetch(1).append(3)
    store.fetch_writable(2)[0] = 1.0

    assert store.fetch(1) == [1, 2]
    assert store.fetch(2)[0] == 0.0
    assert store.fetch(3) == store.fetch_writable(3) == 7


def test_scalars_are_the_payload_themselves() -> None:
    """Positional arguments without data cross the wire as they are."""
    assert store.arguments((1, "two", None)) == ((1, "two", None), {})


def test_a_payload_can_name_data_by_place() -> None:
    """One datum is one object of this run, and the payload stays as it is for another run."""
    held = Store()
    held.begin_batch(0)
    held.keep_for_batch(5, pack([1, 2]))
    held.keep_for_batch(6, 7)
    store.activate(held, {})
    payload: list[object] = [5, "between", 6, 5, (0, 2, 3)]
    (first, *between, last), named = store.arguments(payload)
    (again, *_), _ = store.arguments(payload)

    assert first == [1, 2]
    assert first is last
    assert first is not again
    assert (between, named) == (["between", 7], {})
    assert payload == [5, "between", 6, 5, (0, 2, 3)]


@pytest.mark.parametrize("more", [{}, {"third": None}])
def test_an_argument_that_is_passed_twice_is_one_object(more: dict[str, Any]) -> None:
    """As it is when the function is called without tasks, whether the call is packed the short way or not."""
    made = ef.task(lambda: [1])()
    same = ef.task(lambda first, second, third=None: first is second)

    assert ef.wait_on(same(made, made, **more))


def test_what_is_not_here_is_missing() -> None:
    """The client is told, and sends the task again with what it needs."""
    store.activate(Store(), {})
    for fetch in (store.fetch, store.fetch_writable):
        with pytest.raises(MissingDatumError):
            fetch(99)
    with pytest.raises(MissingDatumError):
        store.arguments([99, (0,)])
