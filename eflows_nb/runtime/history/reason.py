"""Why a run was not faster, in one sentence."""

from __future__ import annotations

from eflows_nb.runtime.history.critical_path import CriticalPath
from eflows_nb.runtime.history.quantities import duration, share
from eflows_nb.runtime.history.run_state import RunState
from eflows_nb.runtime.history.timeline import Shares, Timeline

__all__ = ["why"]

_BUSY_ENOUGH = 0.95
_SHORT = 1e-3
_MOST = 0.5


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
        return "No task has ended yet."
    engines = timeline.engines
    lost = {
        "runtime": shares.runtime,
        "graph": shares.graph,
        "program": shares.program,
        "absent": shares.absent,
    }
    worst = max(lost, key=lost.__getitem__)
    if worst == "program" and shares.program > shares.total / 2:
        return _program(shares)
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
            return (
                f"Engines came late or were lost: on average {shares.alive / timeline.wall:.1f} of {engines} "
                f"were there, the first {duration(_first(state, timeline))} after the first task was called."
            )
        case "program":
            return _program(shares)
        case "runtime":
            return _runtime(shares, ran)
    return _graph(state, timeline, shares, path, ran)


def _first(state: RunState, timeline: Timeline) -> float:
    """Return when the first engine that ran a task joined, in seconds from the first submission."""
    joined = min((engine.joined for engine in state.engines if engine.finished), default=timeline.end)
    return max(0.0, joined - timeline.begin)


def _program(shares: Shares) -> str:
    return (
        f"For {share(shares.program, shares.total)} of the time there was nothing to run, since the program "
        "had not submitted it yet: it computed itself, or waited before it went on."
    )


def _runtime(shares: Shares, ran: int) -> str:
    mean = shares.busy / ran
    lost = share(shares.runtime, shares.total)
    if mean < _SHORT:
        return (
            f"The tasks are short: one takes {duration(mean)}, and for {lost} of the time engines waited for "
            "the next ones to be sent; more work in each task helps."
        )
    return (
        f"For {lost} of the time engines were idle although tasks were ready: the tasks, or the data that "
        "they read, were on their way."
    )


def _graph(state: RunState, timeline: Timeline, shares: Shares, path: CriticalPath, ran: int) -> str:
    engines = timeline.engines
    if ran < engines:
        return f"There were {ran} tasks for {_engines(engines)}: the others had nothing to do."
    if len(path.tasks) > 1 and path.seconds >= _MOST * timeline.wall and path.seconds * engines > shares.busy:
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
        return (
            f"One long task, '{columns.names[columns.name[longest]]}' #{longest}, ran for "
            f"{duration(columns.seconds[longest])} while the other engines ran out of work: "
            "submit such tasks first, or divide them."
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
