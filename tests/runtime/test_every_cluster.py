"""What a program means is the same wherever its tasks run: inline and on engines."""

from __future__ import annotations

import dataclasses
import operator
import warnings
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import pytest

import eflows_nb as ef

pytestmark = pytest.mark.usefixtures("every_cluster", "settled")

LARGE = 200_000  # bytes: beyond what travels with a message


@ef.task
def identity(x: Any) -> Any:
    """Return the argument."""
    return x


@ef.task
def add(x: Any, y: Any) -> Any:
    """Return the sum."""
    return x + y


@ef.task(numbers=ef.INOUT)
def append(numbers: list[int], x: int) -> int:
    """Append to a list, and return its length."""
    numbers.append(x)
    return len(numbers)


@ef.task(array=ef.INOUT)
def increment(array: Any, by: float = 1.0) -> None:
    """Add a number to an array in place."""
    array += by


def _array(value: float = 1.0) -> np.ndarray[Any, Any]:
    return np.full(LARGE // 8, value)


# Values and futures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 7, 2**200, 1.5, 1j, "é" * 10, b"\x00" * 10, "x" * LARGE, b"x" * LARGE),
        *([1, [2]], (1, (2,)), {"a": {1}}, frozenset({1}), slice(1, 2), range(3), Ellipsis),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    """Results equal arguments, whatever their type and size."""
    assert ef.wait_on(identity(value)) == value


def test_a_future_is_an_argument() -> None:
    """Tasks are chained by passing futures; nobody waits in between."""
    assert ef.wait_on(add(add(1, 2), add(3, 4))) == 10


def test_futures_in_containers_are_resolved() -> None:
    """A task finds values in lists, tuples, dicts and dataclasses that were passed with futures in them."""

    @dataclasses.dataclass
    class Pair:
        left: Any
        right: Any

    class Named(NamedTuple):
        value: Any

    one, two = identity(1), identity(2)
    passed = [one, (two,), {"key": [one, {"deep": two}]}, Pair(one, [two]), Named(one)]
    result = ef.wait_on(identity(passed))

    assert result[:3] == [1, (2,), {"key": [1, {"deep": 2}]}]
    assert (result[3].left, result[3].right, result[4].value) == (1, [2], 1)


def test_futures_beside_large_arrays_in_a_container_are_resolved() -> None:
    """What is found in a container does not depend on how large its other items are."""
    result = ef.wait_on(identity([identity(1), _array(2.0), {"more": identity(3)}]))

    assert (result[0], result[1][0], result[2]) == (1, 2.0, {"more": 3})


def test_wait_on_resolves_containers() -> None:
    """Lists, tuples, dicts and dataclasses come back with results in the place of futures."""

    @dataclasses.dataclass(frozen=True)
    class Pair:
        left: Any
        right: Any

    class Named(NamedTuple):
        value: Any

    waited = ef.wait_on([identity(1), (identity(2), "x"), {"a": [identity(3)]}, Pair(identity(4), 5)])

    assert waited == [1, (2, "x"), {"a": [3]}, Pair(4, 5)]
    assert ef.wait_on(Named(identity(6))) == Named(6)


def test_wait_on_returns_what_holds_no_future() -> None:
    """Anything else is returned as it is, not copied."""
    value = {"a": [1, 2]}
    assert ef.wait_on(value) is value
    assert ef.wait_on(None) is None


def test_wait_on_does_not_change_the_container() -> None:
    """The caller's list still holds its futures."""
    futures = [identity(1)]
    assert ef.wait_on(futures) == [1]
    assert isinstance(futures[0], ef.Future)


def test_a_result_can_be_waited_for_twice() -> None:
    """Each time a new object is returned, so that nobody sees the changes of another."""
    future = identity([1, 2])
    first = ef.wait_on(future)
    first.append(3)
    assert future.result() == [1, 2]


def test_a_large_result_is_the_callers_own() -> None:
    """An array that comes back can be written to, and that is seen by nobody else."""
    future = identity(_array())
    mine = ef.wait_on(future)
    mine[0] = 99.0

    assert ef.wait_on(future)[0] == 1.0
    assert ef.wait_on(add(future, 0.0))[0] == 1.0


@pytest.mark.parametrize("items", [3, LARGE // 8])
def test_a_part_of_an_argument_comes_back_writable(items: int) -> None:
    """What a task returns is the caller's own, even where the task could only read it."""
    part = ef.wait_on(ef.task(lambda array: {"part": array[:items]})(np.ones(LARGE // 8)))["part"]
    part[0] = 5.0

    assert part.sum() == items + 4.0


def test_several_results_have_a_future_each() -> None:
    """`returns=2` splits what the function returns."""
    divide = ef.task(returns=2)(divmod)
    quotient, remainder = divide(17, 5)

    assert (ef.wait_on(quotient), ef.wait_on(remainder)) == (3, 2)
    assert ef.wait_on(add(quotient, remainder)) == 5


def test_one_future_holds_a_whole_tuple() -> None:
    """Without `returns=` a tuple is one value."""
    assert ef.wait_on(ef.task(divmod)(17, 5)) == (3, 2)


@pytest.mark.parametrize(
    ("returned", "kind", "text"),
    [
        ((1,), ValueError, r"should return 2 values \(returns=2\), but returned 1"),
        ((1, 2, 3), ValueError, r"should return 2 values \(returns=2\), but returned 3"),
        (7, TypeError, r"should return 2 values \(returns=2\), but returned one int"),
    ],
)
def test_a_wrong_number_of_results_is_an_error(returned: Any, kind: type, text: str) -> None:
    """The error names both numbers, and reaches whoever waits for any of the results."""

    @ef.task(returns=2)
    def wrong() -> Any:
        return returned

    first, second = wrong()
    with pytest.raises(kind, match=text):
        ef.wait_on(second)
    assert isinstance(first.exception(), kind)


def test_all_ways_to_pass_arguments_work() -> None:
    """Defaults, keywords, and arguments that are collected arrive as in a plain call."""

    @ef.task
    def everything(a: Any, /, b: Any, c: Any = 3, *rest: Any, d: Any, e: Any = 5, **more: Any) -> Any:
        return a, b, c, rest, d, e, more

    assert ef.wait_on(everything(1, 2, d=4)) == (1, 2, 3, (), 4, 5, {})
    assert ef.wait_on(everything(1, b=identity(2), d=4, f=identity(6))) == (1, 2, 3, (), 4, 5, {"f": 6})
    assert ef.wait_on(everything(1, 2, 3, 4, identity(5), d=6)) == (1, 2, 3, (4, 5), 6, 5, {})


def test_a_wrong_call_is_the_callers_error() -> None:
    """Too few or too many arguments raise at the call, like in a plain call."""
    with pytest.raises(TypeError, match="missing a required argument: 'y'"):
        add(1)
    with pytest.raises(TypeError, match="too many positional arguments"):
        add(1, 2, 3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        add(1, 2, z=3)


# What a task sees of its arguments ---------------------------------------------------------------------


def test_a_task_sees_its_argument_as_it_was_at_submission() -> None:
    """What happens to the object afterwards is not seen by tasks submitted before."""
    gate = identity(0)
    numbers = [1]
    first = add(numbers, [gate])
    numbers.append(2)
    second = add(numbers, [gate])

    assert ef.wait_on([first, second]) == [[1, 0], [1, 2, 0]]


def test_a_large_argument_is_seen_as_it_was_at_submission() -> None:
    """An array that is changed between two calls is seen in both states."""
    array = _array(1.0)
    first = identity(array)
    array[0] = 2.0
    second = identity(array)

    assert ef.wait_on(first)[0] == 1.0
    assert ef.wait_on(second)[0] == 2.0


def test_a_change_of_an_in_argument_is_seen_by_nobody() -> None:
    """A task may do what it likes to an argument that it only reads."""

    @ef.task
    def spoil(numbers: list[int]) -> int:
        numbers.append(99)
        return len(numbers)

    numbers = [1]
    future = identity([1])

    assert ef.wait_on([spoil(numbers), spoil(numbers), spoil(future), spoil(future)]) == [2, 2, 2, 2]
    assert numbers == [1]
    assert ef.wait_on(future) == [1]


def test_a_large_in_argument_is_read_only() -> None:
    """A large array that many may read cannot be written to by accident."""

    @ef.task
    def writes(array: Any) -> None:
        array[0] = 1.0

    with pytest.raises(ValueError, match="read-only"):
        ef.wait_on(writes(_array()))
    with pytest.raises(ValueError, match="read-only"):
        ef.wait_on(writes(identity(_array())))


def test_a_small_array_argument_can_be_written_to() -> None:
    """A small one is the task's own copy."""

    @ef.task
    def writes(array: Any) -> float:
        array[0] = 5.0
        return float(array.sum())

    array = np.zeros(3)
    assert ef.wait_on(writes(array)) == 5.0
    assert array[0] == 0.0


def test_an_inout_argument_has_a_new_version() -> None:
    """Later tasks and `wait_on` see what the task wrote; the caller's object stays as it is."""
    numbers = [1]
    append(numbers, 2)
    append(numbers, 3)

    assert ef.wait_on(identity(numbers)) == [1, 2, 3]
    assert ef.wait_on(numbers) == [1, 2, 3]
    assert numbers == [1]


def test_a_newest_version_stays_the_newest_after_wait_on() -> None:
    """Whoever goes on with the old object still means its newest version."""
    numbers = [1]
    append(numbers, 2)
    assert ef.wait_on(numbers) == [1, 2]
    append(numbers, 3)

    assert ef.wait_on(numbers) == [1, 2, 3]
    assert ef.wait_on(numbers) == [1, 2, 3]


def test_the_returned_version_is_an_object_of_its_own() -> None:
    """The usual `x = ef.wait_on(x)` starts anew from what was returned."""
    numbers = [1]
    append(numbers, 2)
    numbers = ef.wait_on(numbers)
    numbers.append(3)
    append(numbers, 4)

    assert ef.wait_on(numbers) == [1, 2, 3, 4]


def test_wait_on_finds_written_objects_in_containers() -> None:
    """A list of objects that tasks write to is waited for as a whole."""
    first, second = _array(0.0), np.zeros(3)
    increment(first)
    increment(second, 2.0)
    waited = ef.wait_on([first, {"second": second}])

    assert (waited[0][0], waited[1]["second"][0]) == (1.0, 2.0)
    assert first[0] == second[0] == 0.0


def test_a_large_array_is_written_in_versions() -> None:
    """A large INOUT array is the task's own, and comes back writable."""
    array = _array(0.0)
    increment(array)
    increment(array, by=2.0)
    newest = ef.wait_on(array)
    newest[0] = 9.0

    assert newest[1] == 3.0
    assert array[0] == 0.0


@pytest.mark.parametrize("size", [10, 100_000])
def test_what_being_packed_changes_is_written_in_versions(size: int) -> None:
    """A Dataset gets empty attributes by that, and has not been changed by the program."""
    xarray = pytest.importorskip("xarray")
    data = xarray.Dataset({"x": ("t", np.zeros(size))})

    @ef.task(data=ef.INOUT)
    def add(data: Any) -> None:
        data["x"] = data["x"] + 1

    with warnings.catch_warnings():
        warnings.simplefilter("error", ef.StaleArgumentWarning)
        add(data), add(data)

    assert float(ef.wait_on(data)["x"][0]) == 2


def test_a_reader_submitted_before_a_writer_sees_the_old_version() -> None:
    """Write after read blocks nobody and confuses nobody."""
    array = _array(0.0)
    gate = identity(0.0)
    before = add(array, gate)
    increment(array)
    after = add(array, gate)
    increment(array)

    assert [value[0] for value in ef.wait_on([before, after, array])] == [0.0, 1.0, 2.0]


def test_a_future_can_be_written_to() -> None:
    """INOUT on a future makes the future stand for the new version; earlier readers see the old one."""
    future = identity([1])
    before = identity(future)
    length = append(future, 2)

    assert ef.wait_on([before, length, future, identity(future)]) == [[1], 2, [1, 2], [1, 2]]


def test_a_large_future_can_be_written_to() -> None:
    """The same for an array that never was in the client."""
    future = identity(_array(0.0))
    increment(future)
    increment(future)

    assert ef.wait_on(future)[0] == 2.0


def test_an_out_argument_is_filled() -> None:
    """OUT gives the object a version without reading the old one."""

    @ef.task(target=ef.OUT)
    def fill(target: Any, value: float) -> None:
        target[:] = value

    small, large = np.empty(3), _array()
    fill(small, 3.0)
    fill(large, value=4.0)

    assert ef.wait_on(small)[0] == 3.0
    assert ef.wait_on(large)[0] == 4.0


def test_an_out_argument_does_not_wait_for_earlier_writers() -> None:
    """What an earlier task would have written is replaced, even if that task failed."""

    @ef.task(target=ef.INOUT)
    def fail(target: list[int]) -> None:
        raise ValueError("no")

    @ef.task(target=ef.OUT)
    def fill(target: list[int]) -> None:
        target[:] = [7]

    target = [1]
    fail(target)
    fill(target)

    assert ef.wait_on([identity(target), target]) == [[7], [7]]


def test_a_writer_that_fails_breaks_the_version() -> None:
    """Whoever reads what a failed task would have written is cancelled, and told why."""

    @ef.task(numbers=ef.INOUT)
    def fail(numbers: list[int]) -> None:
        numbers.append(2)
        raise ValueError("no")

    numbers = [1]
    fail(numbers)
    reader = identity(numbers)

    with pytest.raises(ef.TaskCancelledError, match=r"'identity'.*'fail'.*failed"):
        ef.wait_on(reader)
    with pytest.raises(ValueError, match="no"):
        ef.wait_on(numbers)


def test_a_task_may_write_to_several_arguments() -> None:
    """Each has a version of its own; what is returned has its own futures."""

    @ef.task(returns=2, a=ef.INOUT, b=ef.INOUT)
    def swap(a: list[int], b: list[int]) -> Any:
        a[:], b[:] = b[:], a[:]
        return len(a), len(b)

    a, b = [1], [2, 3]
    lengths = swap(a, b=b)

    assert ef.wait_on([*lengths]) == [2, 1]
    assert (ef.wait_on(a), ef.wait_on(b)) == ([2, 3], [1])


@pytest.mark.parametrize("size", [1, LARGE // 8])
def test_an_object_that_is_given_twice_is_one_object_for_the_task(size: int) -> None:
    """As it is for the caller, before and after it has a version."""

    @ef.task(x=ef.INOUT, y=ef.INOUT)
    def add_both(x: Any, y: Any) -> None:
        x += 1
        y += 10

    @ef.task(x=ef.INOUT)
    def add_other(x: Any, y: Any) -> None:
        x += y

    @ef.task(items=ef.COLLECTION_INOUT)
    def add_to_each(items: list[Any]) -> None:
        for item in items:
            item += 100

    x = np.ones(size)
    for _ in range(2):
        add_both(x, x)
        add_other(x, y=x)
    add_to_each([x, x])

    assert ef.wait_on(x)[0] == 270
    assert x[0] == 1


def test_plain_numbers_have_no_versions() -> None:
    """Immutable scalars have no identity: writing to one means nothing for its equals."""

    @ef.task(x=ef.INOUT, y=ef.OUT)
    def write(x: Any, y: Any) -> Any:
        return x

    ef.wait_on(write(5, None))

    assert ef.wait_on(5) == 5
    assert ef.wait_on(None) is None
    assert ef.wait_on(identity([5, None])) == [5, None]


def test_a_written_object_is_new_inside_containers_too() -> None:
    """A reader and a writer of a list see what a task has written to its item."""

    @ef.task(numbers=ef.INOUT)
    def append(numbers: list[int], number: int) -> None:
        numbers.append(number)

    @ef.task
    def length(lists: list[list[int]]) -> int:
        return len(lists[0])

    @ef.task(arrays=ef.INOUT)
    def add(arrays: list[Any]) -> None:
        arrays[0] += 1

    @ef.task(array=ef.INOUT)
    def fill(array: Any) -> None:
        array[:] = 1

    numbers: list[int] = []
    append(numbers, 1)
    array = np.zeros(1 << 15)
    arrays = [array]
    fill(array)
    add(arrays)

    assert ef.wait_on(length([numbers])) == 1
    assert ef.wait_on(arrays)[0][0] == 2


def test_a_change_over_a_newer_version_warns() -> None:
    """The caller changes an object whose newest version is still with the tasks: that is seen, and said."""
    numbers = [1]
    append(numbers, 2)
    numbers.append(10)

    with pytest.warns(ef.StaleArgumentWarning, match="list was changed here") as warned:
        append(numbers, 3)
    assert warned[0].filename == __file__
    assert ef.wait_on(numbers) == [1, 10, 3]


@pytest.mark.parametrize("make", [lambda: np.zeros(3), lambda: _array(0.0)], ids=["small", "large"])
def test_a_change_after_wait_on_does_not_warn(make: Any) -> None:
    """Who has waited may change the old object and pass it again."""
    array = make()
    increment(array)
    ef.wait_on(array)
    array[0] = 10.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        increment(array)

    assert ef.wait_on(array)[0] == 11.0


def test_a_change_between_two_reads_does_not_warn() -> None:
    """Only a version that tasks hold can be overwritten by accident."""
    array = _array(0.0)
    identity(array)
    array[0] = 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ef.wait_on(identity(array))[0] == 1.0


def test_put_freezes_a_value() -> None:
    """Tasks see it as it was, also when its original is changed."""
    array, numbers = _array(1.0), [1]
    frozen, small = ef.put(array), ef.put(numbers)
    array[:] = 5.0
    numbers.append(2)

    assert ef.wait_on(add(frozen, 1.0))[0] == 2.0
    assert ef.wait_on(frozen)[0] == 1.0
    assert ef.wait_on([small, identity(small)]) == [[1], [1]]


def test_what_was_put_can_be_written_to_in_versions() -> None:
    """INOUT on a frozen value makes a new version and leaves its other readers alone."""
    frozen = ef.put(_array(1.0))
    before = add(frozen, 0.0)
    increment(frozen)

    assert [value[0] for value in ef.wait_on([before, frozen])] == [1.0, 2.0]


def test_a_future_cannot_be_put() -> None:
    """A value is frozen now; what a future stands for may not be there yet."""
    with pytest.raises(TypeError, match=r"ef\.put.*future"):
        ef.put([identity(1)])


# Functions ---------------------------------------------------------------------------------------------


def test_a_task_function_called_in_a_task_is_a_plain_function() -> None:
    """Inside a task the other task function runs on the spot."""

    @ef.task(numbers=ef.INOUT)
    def extend(numbers: list[int]) -> int:
        numbers.append(7)
        return 1

    @ef.task
    def outer(x: int) -> Any:
        numbers = [x]
        one = extend(numbers)
        return ef.wait_on(one), ef.wait_on(numbers), ef.wait_on([add(x, 1)]), ef.map(add, [1], [2])

    assert ef.wait_on(outer(1)) == (1, [1, 7], [2], [3])


def test_the_words_of_the_api_mean_the_same_in_a_task() -> None:
    """A function that uses them runs as a task too: everything has happened by then."""

    @ef.task
    def outer() -> Any:
        frozen = ef.put([1])
        ef.barrier()
        ended = list(ef.as_completed(ef.map(add, [1, 2], [3, 4])))
        ef.cancel(ended)
        with ef.start(engines=2):
            inner = add(frozen, [2])
        ef.stop()
        return ef.wait_on(inner), ef.wait_on(ended)

    assert ef.wait_on(outer()) == ([1, 2], [4, 6])


def test_threads_of_a_task_are_part_of_it() -> None:
    """Threads that a task starts, and those that these start, call task functions on the spot."""

    @ef.task
    def outer() -> Any:
        from concurrent.futures import ThreadPoolExecutor

        def in_two_threads(x: int) -> Any:
            with ThreadPoolExecutor(2) as inner:
                return sum(inner.map(add, [x, x], [1, 2]))

        with ThreadPoolExecutor(2) as threads:
            return list(threads.map(in_two_threads, [1, 2]))

    assert ef.wait_on(outer(), timeout=60) == [5, 7]


def test_a_task_function_may_call_itself() -> None:
    """Recursion inside a task is plain recursion."""

    @ef.task
    def factorial(n: int) -> int:
        return 1 if n < 2 else n * factorial(n - 1)

    assert ef.wait_on(factorial(10)) == 3628800


def test_lambdas_and_closures_are_task_functions() -> None:
    """What plain pickle cannot send is sent by value."""
    offset = 10
    assert ef.wait_on(ef.task(lambda x: x + offset)(1)) == 11
    assert ef.wait_on(identity(lambda x: x + offset))(2) == 12


def test_builtin_functions_are_task_functions() -> None:
    """Also those that do not tell their signature."""
    assert ef.wait_on([ef.task(max)(3, 5), ef.task(operator.add)(1, 2)]) == [5, 3]
    assert [*map(float, ef.wait_on(ef.map(np.sqrt, [4.0, 9.0])))] == [2.0, 3.0]


def _redefined(namespace: dict[str, Any], source: str) -> Any:
    exec(source, namespace)
    return namespace["work"]


@pytest.mark.parametrize(
    "source",
    [
        "def work(x): return helper(x)",
        "def work(x): return [helper(y) for y in [x]][0]",
        "def work(x): return (lambda y: helper(y))(x)",
        "def between(x): return helper(x)\ndef work(x): return between(x)",
        "class Between:\n    def run(self, x): return helper(x)\ndef work(x): return Between().run(x)",
    ],
    ids=["direct", "comprehension", "lambda", "indirect", "class"],
)
def test_a_redefined_helper_is_seen_by_the_next_call(source: str) -> None:
    """Running the cell of a helper again is enough, however deep the task function uses it."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec("def helper(x): return x + 1", namespace)
    work = ef.task(_redefined(namespace, source))
    before = work(1)
    exec("def helper(x): return x + 100", namespace)
    after = work(1)

    assert ef.wait_on([before, after]) == [2, 101]


@pytest.mark.parametrize("change", ["LIMIT = 5", "TABLE = {'a': 5}", "TABLE['a'] = 5", "LIST.append(4)"])
def test_a_changed_global_is_seen_by_the_next_call(change: str) -> None:
    """A task sees the globals of its function as they are when it is submitted."""
    namespace: dict[str, Any] = {"__name__": "__main__", "LIMIT": 1, "TABLE": {"a": 0}, "LIST": []}
    work = ef.task(_redefined(namespace, "def work(): return LIMIT + TABLE['a'] + sum(LIST)"))
    before = work()
    exec(change, namespace)
    after = work()

    assert ef.wait_on(before) == 1
    assert ef.wait_on(after) >= 5


def test_instances_of_a_class_of_the_notebook_travel() -> None:
    """Classes of ``__main__`` are sent by value, as arguments and as results."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec("class Point:\n    def __init__(self, x): self.x = x", namespace)
    point = namespace["Point"](3)

    @ef.task
    def move(point: Any) -> Any:
        point.x += 1
        return point

    assert ef.wait_on(move(move(point))).x == 5


def test_a_class_of_the_notebook_is_left_as_it_is() -> None:
    """Its instances come back, and the class here goes on as if they had never been away."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(
        "def helper(): return 'old'\n"
        "class Counter:\n"
        "    made = 0\n"
        "    def text(self): return helper()\n"
        "def work(counter):\n"
        "    Counter.made += 1\n"
        "    return counter",
        namespace,
    )
    kind = namespace["Counter"]
    first = ef.task(namespace["work"])(kind())
    kind.made = 5
    back = ef.wait_on(first)
    exec("def helper(): return 'new'", namespace)

    assert type(back) is kind
    assert kind.made == 5
    assert back.text() == "new"


def test_map_calls_a_function_for_each_set_of_arguments() -> None:
    """A plain function becomes a task function; the shortest iterable decides."""
    futures = ef.map(lambda x, y: x * y, [1, 2, 3], [4, identity(5)])

    assert ef.wait_on(futures) == [4, 10]
    assert ef.wait_on(ef.map(identity, [])) == []


def test_as_completed_yields_every_future_once() -> None:
    """Duplicates are yielded once, and failures are yielded like results."""

    @ef.task
    def check(x: int) -> int:
        if x == 2:
            raise ValueError("two")
        return x

    futures = ef.map(check, [1, 2, 3])
    ended = list(ef.as_completed([*futures, futures[0]]))

    assert sorted(future.state for future in ended) == ["done", "done", "failed"]
    assert set(ended) == set(futures)


def test_a_wide_and_deep_graph_gives_what_a_loop_gives() -> None:
    """A thousand tasks in trees and chains."""
    level = ef.map(identity, range(256))
    while len(level) > 1:
        level = ef.map(add, level[::2], level[1::2])
    chain = identity(0)
    for _ in range(300):
        chain = add(chain, 1)

    assert ef.wait_on([level[0], chain]) == [sum(range(256)), 300]


@pytest.mark.parametrize("size", [3, LARGE // 8, 200_000])
@pytest.mark.parametrize(
    "others", [lambda size: [], lambda size: [np.zeros(size)], lambda size: [identity(1)]]
)
def test_results_within_an_object_that_is_written_can_be_written(size: int, others: Any) -> None:
    """However large they are, and whatever else is in the container."""

    @ef.task(arrays=ef.INOUT)
    def write(arrays: list[Any]) -> None:
        for array in arrays[:2]:
            array += 1

    arrays = [np.zeros(size), identity(np.zeros(size)), *others(size)]
    write(arrays)

    assert [np.max(array) for array in ef.wait_on(arrays)][:2] == [1, 1]


@pytest.mark.parametrize("size", [3, LARGE // 8])
def test_what_was_written_before_is_one_object_within_others_too(size: int) -> None:
    """A list that has an array twice has it twice for a task, whatever tasks did with it before."""

    @ef.task(arrays=ef.INOUT)
    def write_first(arrays: list[Any]) -> float:
        arrays[0] += 1
        return float(arrays[1][0])

    array = np.zeros(size)
    increment(array)

    assert ef.wait_on(write_first([array, array])) == 2.0


def test_a_counter_is_waited_for_as_one() -> None:
    """Its own way to be updated counts."""
    assert ef.wait_on(Counter(a=identity(3))) == Counter(a=3)
