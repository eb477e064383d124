"""Summaries: what a run cost, and the main reason that it was not faster."""

from __future__ import annotations

import re
from dataclasses import astuple
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.runtime.summary import summarise
from eflows_nb.tasks.events import DataShared, EnergyRead, TasksChanged, TryEnded, WaitEnded, WaitStarted
from eflows_nb.tasks.state import TaskState

# Figures -----------------------------------------------------------------------------------------------


def test_times_are_from_the_first_submission_to_the_last_end(story: Any) -> None:
    """Three seconds of tasks within two have a speed-up of 1.5; what was before is start-up."""
    story.joined(0, 1)
    story.ran(called=1.0, start=2.0, seconds=2.0, engine=0)
    story.ran(called=1.0, start=2.0, seconds=1.0, engine=1)

    summary = summarise(story.state)

    assert summary.wall == pytest.approx(3.0)
    assert summary.task_seconds == pytest.approx(3.0)
    assert summary.start_up == pytest.approx(1.0)
    assert summary.speed_up == pytest.approx(1.5)
    assert summary.utilisation == pytest.approx(0.5)
    assert summary.bound == pytest.approx(2.0)


def test_the_start_up_of_engines_is_told_beside_the_speed_up(story: Any) -> None:
    """The program is not slower because its engines came late, but the wall time is longer."""
    story.joined(0, 1, at=9.0)
    story.ran(start=9.0, seconds=1.0, engine=0)
    story.ran(start=9.0, seconds=1.0, engine=1)

    summary = summarise(story.state)

    assert (summary.wall, summary.start_up, summary.speed_up) == pytest.approx((10.0, 9.0, 2.0))
    assert "a speed-up of 2.00 since the first task began" in str(summary)
    assert re.search(r"start-up +9.00 s of the wall time", str(summary))


def test_a_task_whose_result_was_lost_began_the_work(story: Any) -> None:
    """What ran in vain is no start-up."""
    story.joined(0, 1)
    task = story.ran(start=1.0, seconds=1.0)
    story.note(TasksChanged(time=4.0, state=TaskState.WAITING, tasks=(task,), engine=-1))
    story.done(task, engine=1, start=5.0, seconds=1.0)

    summary = summarise(story.state)

    assert summary.start_up == pytest.approx(1.0)
    assert summary.speed_up == pytest.approx(2.0 / 5.0)


def test_without_a_start_up_nothing_is_said_of_it(story: Any) -> None:
    """Where tasks run at once there is nothing to tell."""
    story.joined(0)
    story.ran(start=0.0, seconds=1.0)

    assert "start-up" not in str(summarise(story.state))
    assert "since the first task began" not in str(summarise(story.state))


def test_the_time_of_the_engines_is_divided_without_a_rest(story: Any) -> None:
    """Each second of each engine is busy, or lost to exactly one cause."""
    story.joined(0)
    story.joined(1, at=1.0)
    first = story.ran(start=0.5, seconds=2.5, engine=0)  # 0.5 s on its way
    story.ran(called=0.5, start=3.0, seconds=1.0, engine=1, parents=(first,))
    story.ran(called=5.0, start=5.0, seconds=1.0, engine=0)  # 1 s after everything else has ended

    shares = summarise(story.state).shares

    assert shares.busy == pytest.approx(4.5)
    assert shares.runtime == pytest.approx(0.5, abs=1e-5)
    assert shares.graph == pytest.approx(2.0 + 1.0, abs=1e-5)
    assert shares.program == pytest.approx(1.0 + 2 * 1.0, abs=1e-5)
    assert shares.absent == pytest.approx(1.0)
    assert sum(astuple(shares)) == pytest.approx(shares.total) == pytest.approx(2 * 6.0)


def test_functions_are_listed_by_what_they_cost(story: Any) -> None:
    """Of each function there are the number of tasks, their seconds, the longest, results and memory."""
    story.joined(0)
    story.ran("cheap", start=0.0, seconds=0.5)
    story.ran("dear", start=1.0, seconds=3.0, size=100, memory=1 << 20)
    story.ran("dear", start=4.0, seconds=1.0, size=20, memory=2 << 20)

    dear, cheap = summarise(story.state).functions

    assert (dear.name, dear.tasks, dear.size, dear.memory) == ("dear", 2, 120, 2 << 20)
    assert (dear.seconds, dear.mean, dear.longest) == pytest.approx((4.0, 2.0, 3.0))
    assert (cheap.name, cheap.memory) == ("cheap", None)


def test_the_critical_path_is_the_chain_that_took_longest(story: Any) -> None:
    """Of two chains the one with more seconds counts, not the one with more tasks."""
    story.joined(0, 1)
    many = story.ran("small", start=0.0, seconds=1.0)
    for start in (1.0, 2.0):
        many = story.ran("small", start=start, seconds=1.0, parents=(many,))
    first = story.ran("large", start=0.0, seconds=3.0, engine=1)
    last = story.ran("large", start=3.0, seconds=3.0, engine=1, parents=(first,))
    end = story.ran("sum", start=6.0, seconds=0.5, parents=(many, last))

    path = summarise(story.state).path

    assert path.tasks == (first, last, end)
    assert path.seconds == pytest.approx(6.5)
    assert path.functions[0] == ("large", pytest.approx(6.0))


def test_a_run_whose_results_were_lost_counts_as_work(story: Any) -> None:
    """A task that ran twice took both times."""
    story.joined(0, 1)
    task = story.ran(start=0.0, seconds=1.0)
    story.note(TasksChanged(time=2.0, state=TaskState.WAITING, tasks=(task,), engine=0))
    story.done(task, engine=1, start=2.0, seconds=1.0)

    summary = summarise(story.state)

    assert summary.task_seconds == pytest.approx(2.0)
    assert summary.shares.busy == pytest.approx(2.0)
    assert summary.tasks[TaskState.DONE] == 1


def test_data_that_moved_are_counted(story: Any) -> None:
    """Bytes that were written for other processes are told apart from those of all results."""
    story.joined(0)
    story.ran(start=0.0, seconds=1.0, size=1000)
    story.note(DataShared(time=1.0, engine=0, datum=1, size=600))

    summary = summarise(story.state)

    assert (summary.result_bytes, summary.shared_bytes) == (1000, 600)


def test_energy_is_counted_once_for_each_host(story: Any) -> None:
    """Engines of one host read the same counters; when one goes, another goes on."""
    story.joined(0, 1, host="a")
    story.joined(2, host="b")
    story.ran(start=0.0, seconds=9.0)
    for time, engine, joules in ((1, 0, 10), (1, 1, 11), (2, 1, 21), (2, 0, 20), (2, 2, 5)):
        story.note(EnergyRead(time=time, engine=engine, joules=float(joules)))
    story.left(0, at=2.5)
    story.note(EnergyRead(time=3, engine=1, joules=31.0))

    assert summarise(story.state).joules == pytest.approx(30 + 5)


def test_what_was_not_measured_is_said_to_be_absent(story: Any) -> None:
    """No figure is made up for energy and memory."""
    story.joined(0)
    story.ran(start=0.0, seconds=1.0)

    summary = summarise(story.state)

    assert summary.joules is None
    assert summary.memory is None
    assert str(summary).count("not measured on this machine") == 2


def test_a_run_without_an_ended_task_can_be_summarised(story: Any) -> None:
    """Before the first task has ended all figures are zero."""
    story.joined(0)
    story.called()

    summary = summarise(story.state)

    assert summary.reason == "No task has ended yet."
    assert summary.speed_up == summary.utilisation == summary.runtime_share == summary.wall == 0.0
    assert "1 ready" in str(summary)


def test_nothing_at_all_can_be_summarised(story: Any) -> None:
    """A run without a task and without an engine is no error."""
    assert summarise(story.state).reason == "No task has ended yet."


# Reasons -----------------------------------------------------------------------------------------------


def test_tasks_in_the_process_of_the_program_ask_for_engines(story: Any) -> None:
    """Without engines there is no speed-up."""
    story.inline()
    story.ran(start=0.0, seconds=1.0)

    assert "ef.start() runs them on engines" in summarise(story.state).reason


def test_busy_engines_are_as_fast_as_can_be(story: Any) -> None:
    """Where tasks ran all the time only more engines help."""
    story.joined(0, 1)
    for number in range(8):
        story.ran(engine=number % 2, start=float(number // 2), seconds=1.0)

    assert "as fast as 2 engines can be" in summarise(story.state).reason


def test_fewer_tasks_than_engines_are_the_reason(story: Any) -> None:
    """Two tasks cannot keep four engines busy."""
    story.joined(*range(4))
    for engine in range(2):
        story.ran(engine=engine, start=0.0, seconds=1.0)

    assert summarise(story.state).reason.startswith("There were 2 tasks for 4 engines")


def test_one_task_is_told_as_one(story: Any) -> None:
    """In the reason, and in the figures."""
    story.joined(0, 1)
    story.ran(start=0.0, seconds=1.0)

    assert summarise(story.state).reason.startswith("There was 1 task for 2 engines")
    assert "1.00 s in 1 task (f 1.00 s)" in str(summarise(story.state))


def test_a_chain_is_the_reason(story: Any) -> None:
    """Tasks that need each other's results run one after the other."""
    story.joined(0, 1)
    last = story.ran("step", start=0.0, seconds=1.0)
    for number in range(1, 5):
        last = story.ran("step", start=float(number), seconds=1.0, parents=(last,))

    reason = summarise(story.state).reason

    assert reason.startswith("5 tasks, mostly 'step', had to run one after the other")
    assert "5.00 s of 5.00 s" in reason


def test_a_straggler_is_the_reason(story: Any) -> None:
    """One long task at the end, while the others have nothing to do, is named."""
    story.joined(0, 1)
    for number in range(6):
        story.ran("short", engine=number % 2, start=number // 2 * 0.1, seconds=0.1)
    long = story.ran("long", engine=0, start=0.3, seconds=5.0)

    reason = summarise(story.state).reason

    assert reason.startswith(f"One long task, 'long' #{long}, ran for 5.00 s")


def test_tasks_that_do_not_divide_are_the_reason(story: Any) -> None:
    """Five equal tasks on four engines take as long as eight."""
    story.joined(*range(4))
    for engine in range(4):
        story.ran(engine=engine, start=0.0, seconds=1.0)
    story.ran(engine=0, start=1.0, seconds=1.0)

    reason = summarise(story.state).reason

    assert reason == (
        "In the last 1.00 s there were fewer tasks than engines: 5 tasks do not divide well among 4."
    )


def test_a_graph_that_is_narrow_in_the_middle_is_the_reason(story: Any) -> None:
    """Engines that wait again and again for the results of others are said to do so."""
    story.joined(*range(4))
    at, before = 0.0, ()
    for _ in range(3):
        gate = story.ran("gate", engine=0, start=at, seconds=0.4, parents=before)
        before = tuple(
            story.ran("work", engine=engine, start=at + 0.4, seconds=0.5, parents=(gate,))
            for engine in range(4)
        )
        at += 0.9
    story.ran("rest", engine=1, start=0.0, seconds=0.4)

    reason = summarise(story.state).reason

    assert "one after the other" in reason
    assert "'work'" in reason


def test_short_tasks_are_the_reason(story: Any) -> None:
    """Where tasks of microseconds wait to be sent, more work in each is the advice."""
    story.joined(0)
    for number in range(10):
        story.ran(start=number * 1e-3, seconds=1e-5)

    assert summarise(story.state).reason.startswith("The tasks are short: one takes 10.0 µs")


def test_data_on_their_way_are_the_reason(story: Any) -> None:
    """Idle engines with long tasks that are ready wait for what is on its way."""
    story.joined(0)
    for number in range(4):
        story.ran(start=number * 2.0, seconds=0.5)

    reason = summarise(story.state).reason

    assert "idle although tasks were ready" in reason


def test_late_engines_are_the_reason(story: Any) -> None:
    """The time before engines join is lost."""
    story.joined(0, 1, at=3.0)
    for engine in range(2):
        story.ran(engine=engine, start=3.0, seconds=1.0)

    reason = summarise(story.state).reason

    assert reason == (
        "Engines came late: on average 0.5 of 2 were there, the first 3.00 s after the first task was called."
    )


def test_lost_engines_are_the_reason(story: Any) -> None:
    """One that went unasked while there was work is no late one."""
    story.joined(0, 1)
    story.left(1, at=1.0, expected=False)
    for number in range(8):
        story.ran(engine=0, start=float(number), seconds=1.0)

    assert summarise(story.state).reason == "Engines were lost: on average 1.1 of 2 were there."


def test_engines_that_were_let_go_are_the_reason(story: Any) -> None:
    """Who lets an engine go has fewer."""
    story.joined(0, 1)
    story.left(1, at=1.0)
    for number in range(8):
        story.ran(engine=0, start=float(number), seconds=1.0)

    assert summarise(story.state).reason == "Engines were let go: on average 1.1 of 2 were there."


def test_engines_are_not_missed_while_there_is_nothing_to_run(story: Any) -> None:
    """Between two parts of a notebook the engines may have been stopped."""
    story.joined(0, 1)
    for engine in range(2):
        story.ran(engine=engine, start=0.0, seconds=1.0)
        story.left(engine, at=1.0)
    story.joined(0, 1, at=9.0)
    for engine in range(2):
        story.ran(called=9.0, engine=engine, start=9.0, seconds=1.0)

    summary = summarise(story.state)

    assert summary.reason.startswith("For 80 % of the time there was nothing to run")
    assert summary.shares.absent == pytest.approx(16.0)


def test_late_engines_do_not_hide_a_chain(story: Any) -> None:
    """Of two late engines the second would have had nothing to do."""
    story.joined(0, 1, at=2.0)
    last = story.ran("step", start=2.0, seconds=1.0)
    for number in range(3, 6):
        last = story.ran("step", start=float(number), seconds=1.0, parents=(last,))

    reason = summarise(story.state).reason

    assert reason.startswith("4 tasks, mostly 'step', had to run one after the other")


def test_a_program_that_waits_for_each_result_is_the_reason(story: Any) -> None:
    """Tasks that are called one after the other do not divide badly, and do not wait for each other."""
    story.joined(0, 1)
    for number in range(9):
        task = story.called(at=float(number))
        story.note(WaitStarted(time=float(number), wait=number, tasks=frozenset({task})))
        story.done(task, start=float(number), seconds=1.0)
        story.note(WaitEnded(time=number + 1.0, wait=number))
    story.joined(2, at=8.5)

    reason = summarise(story.state).reason

    assert "there was nothing to run, since the program had not submitted it yet" in reason
    assert reason.endswith("it waited for results before it went on.")


def test_a_program_that_calls_slowly_is_the_reason(story: Any) -> None:
    """A call a second cannot keep two engines busy for a second each."""
    story.joined(0, 1)
    for number in range(9):
        story.ran(called=float(number), start=float(number), seconds=0.9)

    reason = summarise(story.state).reason

    assert "there was nothing to run, since the program had not submitted it yet" in reason
    assert reason.endswith("it computed itself, or did nothing.")


def test_short_tasks_that_are_called_one_by_one_are_short(story: Any) -> None:
    """Whoever calls as fast as it can is not told that it computes."""
    story.joined(0, 1)
    for number in range(100):
        story.ran(called=number * 1e-4, start=number * 1e-4, seconds=1e-5)

    assert summarise(story.state).reason.startswith("The tasks are short: one takes 10.0 µs")


# What came to nothing ----------------------------------------------------------------------------------


def test_tries_in_vain_are_work(story: Any) -> None:
    """The engine of a task that failed and ran again was not idle meanwhile."""
    story.joined(0, 1)
    for engine in range(2):
        task = story.called()
        story.sent(task, engine=engine, at=0.0)
        story.note(TryEnded(time=4.0, task=task, engine=engine, start=1e9, seconds=4.0, reason="no"))
        story.note(TasksChanged(time=4.0, state=TaskState.WAITING, tasks=(task,), engine=engine))
        story.done(task, engine=engine, start=4.0, seconds=4.0)

    summary = summarise(story.state)

    assert summary.reason.startswith("It is as fast as 2 engines can be")
    assert summary.task_seconds == summary.shares.busy == pytest.approx(16.0)
    assert summary.vain_seconds == pytest.approx(8.0)
    assert summary.utilisation == pytest.approx(1.0)


def test_what_a_lost_engine_had_begun_is_work(story: Any) -> None:
    """Nobody told when it began the task, but it ran nothing else."""
    story.joined(0, 1)
    story.ran(engine=0, start=0.0, seconds=2.0)
    task = story.called()
    story.sent(task, engine=0, at=0.0)
    story.note(TryEnded(time=5.0, task=task, engine=0, start=0.0, seconds=0.0, reason="lost"))

    summary = summarise(story.state)

    assert summary.vain_seconds == pytest.approx(3.0)
    assert summary.task_seconds == pytest.approx(5.0)


def test_what_was_cancelled_while_it_ran_is_work(story: Any) -> None:
    """Of two tasks that an engine had when they were cancelled it ran one."""
    story.joined(0)
    story.ran(engine=0, start=0.0, seconds=1.0)
    for task in (story.called(), story.called()):
        story.sent(task, engine=0, at=0.0)
        story.note(TasksChanged(time=3.0, state=TaskState.CANCELLED, tasks=(task,), engine=0))

    summary = summarise(story.state)

    assert summary.vain_seconds == pytest.approx(2.0)
    assert summary.wall == pytest.approx(3.0)
    assert summary.utilisation == pytest.approx(1.0)


def test_what_was_cancelled_behind_another_task_did_not_run(story: Any) -> None:
    """When the other one's end is told it turns out who ran."""
    story.joined(0)
    behind = story.called()
    story.sent(behind, engine=0, at=0.0)
    story.note(TasksChanged(time=3.0, state=TaskState.CANCELLED, tasks=(behind,), engine=0))
    story.ran(engine=0, start=0.0, seconds=5.0)

    summary = summarise(story.state)

    assert summary.vain_seconds == 0.0
    assert summary.task_seconds == pytest.approx(5.0)


def test_what_runs_is_work_too(story: Any) -> None:
    """In the middle of a run the engine of a long task is not idle."""
    story.joined(0, 1)
    long = story.called("long")
    story.sent(long, engine=1, at=0.0)
    for number in range(4):
        story.ran(engine=0, start=float(number), seconds=1.0)

    summary = summarise(story.state)

    assert summary.reason.startswith("It is as fast as 2 engines can be")
    assert summary.task_seconds == pytest.approx(8.0)
    assert summary.vain_seconds == 0.0


def test_time_after_which_a_result_was_lost_is_not_idle_for_it(story: Any) -> None:
    """A result that was lost later was there until then, and its task not ready."""
    story.joined(0, 1)
    first = story.ran(engine=0, start=0.0, seconds=1.0)
    story.note(TasksChanged(time=9.0, state=TaskState.WAITING, tasks=(first,), engine=0))
    story.done(first, engine=1, start=9.0, seconds=1.0)

    assert summarise(story.state).shares.runtime == pytest.approx(0.0, abs=1e-5)


def test_engines_that_a_task_keeps_are_busy(story: Any) -> None:
    """One that needs two engines and waits for both is not on its way meanwhile."""
    story.joined(0, 1)
    for number in range(4):
        task = story.called()
        story.done(task, start=float(number), seconds=1.0)
        story.sent(task, engine=0, at=float(number), kept=(1,))

    summary = summarise(story.state)

    assert summary.reason.startswith("It is as fast as 2 engines can be")
    assert (summary.utilisation, summary.bound) == pytest.approx((1.0, 4.0))
    assert summary.task_seconds == pytest.approx(4.0)


def test_tasks_that_were_all_cancelled_are_told_as_such(story: Any) -> None:
    """They have ended, but none has run to its end."""
    story.joined(0)
    task = story.called()
    story.sent(task, engine=0, at=0.0)
    story.note(TasksChanged(time=2.0, state=TaskState.CANCELLED, tasks=(task,), engine=0))

    assert summarise(story.state).reason == "No task has run to its end: 1 of 1 were cancelled."


def test_a_program_that_computes_itself_is_the_reason(story: Any) -> None:
    """Time in which nothing was submitted is the program's own."""
    story.joined(0, 1)
    story.ran(start=0.0, seconds=0.1)
    story.ran(called=5.0, start=5.0, seconds=0.1)

    reason = summarise(story.state).reason

    assert reason.startswith("For 97 % of the time there was nothing to run")


# Shown -------------------------------------------------------------------------------------------------


def test_names_cannot_be_html(story: Any) -> None:
    """The name of a function is text, whatever it holds."""
    story.joined(0)
    story.ran("<script>", start=0.0, seconds=1.0)

    shown = summarise(story.state)._repr_html_()

    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_summary_is_a_text_table_too(story: Any) -> None:
    """In a terminal a summary has the reason first, then figures, then a row for each function."""
    story.joined(0)
    story.ran("solve", start=0.0, seconds=1.0)

    lines = str(summarise(story.state)).splitlines()

    assert lines[0].startswith("It is as fast as 1 engine can be")
    assert lines[-1].split() == ["solve", "1", "1.00", "s", "1.00", "s", "1.00", "s"]


def test_a_long_list_of_functions_is_cut(story: Any) -> None:
    """Twenty functions are shown; the number of the others is told."""
    story.joined(0)
    for number in range(25):
        story.ran(f"f{number}", start=float(number), seconds=1.0)

    assert str(summarise(story.state)).endswith("and 5 more functions")


@pytest.mark.usefixtures("settled")
def test_the_summary_of_this_session_counts_its_tasks() -> None:
    """Users get the figures of all that has happened so far, the last task included."""
    before = ef.summary().tasks[TaskState.DONE] if ef.wait_on(ef.task(abs)(-1)) else 0
    ef.wait_on(ef.map(abs, range(10)))

    assert ef.summary().tasks[TaskState.DONE] == before + 10
