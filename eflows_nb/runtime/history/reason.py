"""Why a run was not faster, in one sentence."""

from __future__ import annotations

from eflows_nb.runtime.history.critical_path import CriticalPath
from eflows_nb.runtime.history.quantities import duration, share
from eflows_nb.runtime.history.run_state import RunState
from eflows_nb.runtime.history.timeline import Shares, Timeline
from eflows_nb.tasks.state import TaskState

__all__ = ["why"]

_BUSY_ENOUGH = 0.95
_SHORT = 1e-3
_MOST = 0.5
_NEARLY_ALL = 0.9
_WORTH_BEING_FIRST = 0.1


def why(state: RunState, timeline: Timeline, shares: Shares, path: CriticalPath, *, ran: int) -> str:
    """Return the sentence: what took most of the engines' time that tasks did not.

    Parameters
    ----------
    state
        The run.
    timeline, shares, path
        What they are for it.
    ran
        Number of tasks that ran.
    """
    if not ran or not shares.total:
        return _nothing(state)
    engines = timeline.engines
    missed = timeline.missed
    lost = {name: getattr(missed, name) for name in ("runtime", "graph", "program", "absent")}
    worst = max(lost, key=lost.__getitem__)
    if worst == "program" and missed.program > shares.total / 2:
        return _program(timeline, missed, ran)
    if all(engine.pid == state.pid for engine in state.engines):
        return (
            "All tasks ran in the process of the program, one after the other: "
            "ef.start() runs them on engines."
        )
    if shares.busy >= _BUSY_ENOUGH * shares.total:
        return (
            f"It is as fast as {_engines(engines)} can be: they were busy "
            f"{share(shares.busy, shares.total)} of the time; only more engines, or faster tasks, help."
        )
    match worst:
        case "absent":
            return _absent(state, timeline, shares)
        case "program":
            return _program(timeline, missed, ran)
        case "runtime":
            return _runtime(shares, ran)
    return _graph(state, timeline, missed, path, ran)


def _nothing(state: RunState) -> str:
    counts = state.tasks.counts()
    if not state.tasks or any(number for one, number in counts.items() if not one.is_final):
        return "No task has ended yet."
    cancelled = counts[TaskState.CANCELLED]
    return f"No task has run to its end: {cancelled} of {len(state.tasks)} were cancelled."


def _absent(state: RunState, timeline: Timeline, shares: Shares) -> str:
    first = _first(state, timeline)
    lost = [engine.left for engine in state.engines if engine.left is not None and not engine.expected]
    first_lost = min(lost, default=timeline.end)  # those that join after that replace others
    late = any(timeline.begin < engine.joined <= first_lost for engine in state.engines)
    how = " or ".join([*["came late"] * late, *["were lost"] * bool(lost)]) or "were let go"
    there = f"on average {shares.alive / timeline.wall:.1f} of {timeline.engines} were there"
    after = f", the first {duration(first)} after the first task was called" if first >= _SHORT else ""
    return f"Engines {how}: {there}{after}."


def _first(state: RunState, timeline: Timeline) -> float:
    """Return when the first engine that ran a task joined, in seconds from the first submission."""
    joined = min((engine.joined for engine in state.engines if engine.finished), default=timeline.end)
    return max(0.0, joined - timeline.begin)


def _program(timeline: Timeline, missed: Shares, ran: int) -> str:
    mean = missed.busy / ran
    if mean < _SHORT and timeline.wall / ran < _SHORT:
        return _short(mean, missed.program + missed.runtime, missed)
    waited = timeline.waited
    if waited >= _NEARLY_ALL:
        how = "it waited for results before it went on"
    elif waited <= 1 - _NEARLY_ALL:
        how = "it computed itself, or did nothing"
    else:
        how = "it computed itself, or waited for results before it went on"
    return (
        f"For {share(missed.program, missed.total)} of the time there was nothing to run, since the program "
        f"had not submitted it yet: {how}."
    )


def _runtime(shares: Shares, ran: int) -> str:
    mean = shares.busy / ran
    if mean < _SHORT:
        return _short(mean, shares.runtime, shares)
    return (
        f"For {share(shares.runtime, shares.total)} of the time engines were idle although tasks were ready: "
        "the tasks, or the data that they read, were on their way."
    )


def _short(mean: float, lost: float, shares: Shares) -> str:
    return (
        f"The tasks are short: one takes {duration(mean)}, and for {share(lost, shares.total)} of the time "
        "engines waited for the next ones to be sent; more work in each task helps."
    )


def _graph(state: RunState, timeline: Timeline, shares: Shares, path: CriticalPath, ran: int) -> str:
    engines = timeline.engines
    if ran < engines:
        were = "was 1 task" if ran == 1 else f"were {ran} tasks"
        return f"There {were} for {_engines(engines)}: the others had nothing to do."
    wall = timeline.wall - timeline.start_up
    if len(path.tasks) > 1 and path.seconds >= _MOST * wall and path.seconds * engines > shares.busy:
        return (
            f"{len(path.tasks)} tasks, mostly '{path.functions[0][0]}', had to run one after the other: "
            f"this chain takes {duration(path.seconds)} of {duration(timeline.wall)}."
        )
    columns = state.tasks.columns
    longest = max(range(len(columns.seconds)), key=columns.seconds.__getitem__)
    straggling = columns.start[longest] + columns.seconds[longest] >= timeline.end - timeline.tail / 2
    if (
        straggling
        and timeline.tail >= shares.graph / engines
        and columns.seconds[longest] > 2 * (shares.busy / ran)
    ):
        was_late = timeline.delay(longest) > _WORTH_BEING_FIRST * columns.seconds[longest]
        return (
            f"One long task, '{columns.names[columns.name[longest]]}' #{longest}, ran for "
            f"{duration(columns.seconds[longest])} while the other engines ran out of work: "
            f"{'submit such tasks first, or divide them' if was_late else 'divide such tasks'}."
        )
    if timeline.tail >= shares.graph / engines:
        return (
            f"In the last {duration(timeline.tail)} there were fewer tasks than engines: "
            f"{ran} tasks do not divide well among {engines}."
        )
    return (
        f"For {share(shares.graph, shares.total)} of the time engines had nothing to do, since the tasks "
        f"that were left waited for results of others: on average {shares.busy / timeline.wall:.1f} of "
        f"{engines} were busy."
    )


def _engines(number: int) -> str:
    return f"{number} engine" if number == 1 else f"{number} engines"
