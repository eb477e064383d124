"""What can be judged of a run of one of PyCOMPSs' test programs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

from eflows_nb.tasks.state import TaskState
from tests.pycompss.official import SHARED, Ran

Judgement = Callable[[Ran], None]


def quiet(ran: Ran) -> None:
    """It has ended well, and nothing that was printed has the words ERROR or FAIL."""
    assert ran.code == 0
    assert not re.findall(r".*(?:ERROR|FAIL).*", ran.text)


def quiet_but_for(text: str) -> Judgement:
    """As `quiet`, but for lines of tasks with this text: the scripts do not look at what tasks print."""

    def judge(ran: Ran) -> None:
        assert ran.code == 0
        assert [line for line in re.findall(r".*(?:ERROR|FAIL).*", ran.text) if text not in line] == []

    return judge


def prints(text: str, times: int | None = None) -> Judgement:
    """A text is in the output, so often where a number is given."""

    def judge(ran: Ran) -> None:
        found = ran.text.count(text)
        assert found == times if times is not None else found, text

    return judge


def never_prints(text: str) -> Judgement:
    """A text is not in the output."""

    def judge(ran: Ran) -> None:
        assert text not in ran.text

    return judge


def logs(*numbers: int) -> Judgement:
    """The lines that begin with [LOG] end with these numbers, in order."""

    def judge(ran: Ran) -> None:
        assert [int(found) for found in re.findall(r"\[LOG\].*?(\d+)$", ran.out, re.MULTILINE)] == [*numbers]

    return judge


def dates(times: int, *days: str) -> Judgement:
    """The program ``date`` has printed each of these days so often."""

    def judge(ran: Ran) -> None:
        for day in days:
            told = subprocess.run(["date", "-d", day], capture_output=True, text=True, check=True).stdout
            assert ran.text.splitlines().count(told.strip()) == times, day

    return judge


def leaves(name: str, content: str) -> Judgement:
    """A file has this content, but for the ends of its lines."""

    def judge(ran: Ran) -> None:
        assert (ran.folder / name).read_text().replace("\n", "") == content, name

    return judge


def holds(name: str, text: str, *, present: bool = True) -> Judgement:
    """A file has a text in it, or has not."""

    def judge(ran: Ran) -> None:
        assert (text in (ran.folder / name).read_text()) is present, name

    return judge


def shares(name: str, content: str) -> Judgement:
    """A file in the folder for all programs has this content."""
    return leaves(str(SHARED / name), content)


def measures(name: str, length: int) -> Judgement:
    """A file has so many characters."""

    def judge(ran: Ran) -> None:
        assert len((ran.folder / name).read_text()) == length, name

    return judge


def makes(*names: str) -> Judgement:
    """These files are there."""

    def judge(ran: Ran) -> None:
        assert [name for name in names if not (ran.folder / name).exists()] == []

    return judge


def removes(*names: str) -> Judgement:
    """These files are gone."""

    def judge(ran: Ran) -> None:
        assert [name for name in names if (ran.folder / name).exists()] == []

    return judge


def calls(number: int, *names: str) -> Judgement:
    """So many tasks of these functions were called, of all without a name."""

    def judge(ran: Ran) -> None:
        assert ran.tasks.count(*names) == number

    return judge


def ends(**numbers: int) -> Judgement:
    """So many tasks ended as done, failed, cancelled."""

    def judge(ran: Ran) -> None:
        assert {name: ran.tasks.ended(TaskState(name)) for name in numbers} == numbers

    return judge


def barriers(number: int) -> Judgement:
    """The program has waited so often for all its tasks."""

    def judge(ran: Ran) -> None:
        assert ran.tasks.barriers == number

    return judge


def as_drawn(ran: Ran) -> None:
    """There are as many tasks of each function as in the graph beside the program, with its dependencies."""
    drawing = (ran.folder / "final_graph.dot").read_text()
    names = {
        colour: name
        for name, colour in re.findall(
            r"<td align=\"right\">[\w.]*?(\w+)</td>\s*<td bgcolor=\"(#\w+)", drawing
        )
    }
    colours = re.findall(r"^\s*\d+ ?\[[^\]]*fillcolor=\"(#\w+)", drawing, re.MULTILINE)
    for name in {*names.values()}:
        drawn = sum(names[colour] == name for colour in colours)
        assert ran.tasks.count(name) == drawn, name
    edges = re.findall(r"^\s*(\d+) -> (\d+)", drawing, re.MULTILINE)
    assert ran.tasks.missing_edges((int(first), int(then)) for first, then in edges) == []


def keeps(number: int) -> Judgement:
    """So many results are in the folder of checkpoints: the second run has added none that the first had."""

    def judge(ran: Ran) -> None:
        assert len(list((ran.folder / "checkpoint").glob("??/*"))) == number

    return judge
