"""Measures the run view whole: in JupyterLab, of a kernel whose engines run the tasks that it shows."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from figures import Figures, Frames, frames
from laboratory import Laboratory, laboratory, opened

__all__ = ["DELTAS_S", "measure"]

WATCH = Path(__file__).parent / "pages" / "watch.js"
ENGINES = 2
SHORTEST = 0.0004
"""Seconds that a task lasts at least."""
LASTS_S = 7.5
"""For so long fewer tasks than `SHORTEST` allows go on."""
PAN_S, DELTAS_S = 4, 5

SUBMIT = '''
import os
import time

import eflows_nb as ef

TASKS, PAUSE, GO = {tasks}, {pause}, {go!r}
NAMES = ["simulate", "filter", "join", "reduce", "plot"]

def task_function(name):
    def work(pause, *inputs):
        while pause and not os.path.exists(GO):
            time.sleep(0.01)
        time.sleep(pause)

    work.__name__ = work.__qualname__ = name
    return ef.task(work)

class Random:
    """The numbers of `graph.ts`, so that all draw the same graph."""

    seed = 1

    def __call__(self):
        self.seed = self.seed * 48271 % 2147483647
        return self.seed / 2147483647

functions = [task_function(name) for name in NAMES]
level, random, futures = -(-TASKS // 30), Random(), []

def submit(row):
    mine, near = divmod(row, level)
    function = functions[(mine + int(random() * 2)) % len(functions)]
    links = ()
    if mine:
        first = (mine - 1) * level
        near = int(near + (random() - 0.5) * 8 // 1)
        links = (first + min(max(near, 0), level - 1), first + int(random() * level))
    pause = PAUSE if row >= TASKS * 0.4 else 0
    futures.append(function(pause, *[futures[link] for link in links]))

ef.start(engines={engines})
for row in range(int(TASKS * 0.4)):
    submit(row)
ef.barrier()
for row in range(int(TASKS * 0.4), TASKS):
    submit(row)
'''
GO_ON = """
for _ in range({times}):
    for row in range(len(futures), len(futures) + {more}):
        submit(row)
    time.sleep(0.1)
"""


def measure(tasks: int, pictures: Path | None, *, nice: int = 0) -> Figures:
    """Return what the run view takes for a graph of so many tasks.

    Four tenths of the tasks have ended when it is opened, two run and the others wait. While it is moved the
    last time they go on, as many in a second as two engines can, and others are submitted ten times a second.
    """
    with (
        tempfile.TemporaryDirectory(prefix="eflows-view-") as home,
        laboratory(Path(home)) as lab,
        opened(width=1400, height=900, nice=nice) as page,
    ):
        page.add_init_script(path=str(WATCH))
        return _Run(page, lab, tasks, pictures).measure()


class _Run:
    def __init__(self, page: Any, lab: Laboratory, tasks: int, pictures: Path | None) -> None:
        self._page = page
        self._lab = lab
        self._tasks = tasks
        self._pictures = pictures

    def measure(self) -> Figures:
        page, tasks = self._page, self._tasks
        go = self._lab.work / "go"
        pause = max(SHORTEST, ENGINES * LASTS_S / tasks)
        self._open()
        self._execute(SUBMIT.format(tasks=tasks, pause=pause, go=str(go), engines=ENGINES))
        first = page.evaluate(
            "([command, args, tasks]) => eflowsBench.first(command, args, tasks)",
            ["eflows-nb:open-run-view", {"path": "run.ipynb"}, tasks],
        )
        if page.evaluate("() => eflowsBench.drawn()") < 0.01:
            raise SystemExit("The run view was told of all tasks and shows none.")
        self._picture("first")
        for part in ("functions", "tasks"):  # what a user chooses stays, also with many stages
            page.get_by_test_id(f"eflows-view-{part}").click()
        page.evaluate("() => eflowsBench.wheel({ deltaY: -433 })")
        pan = self._move(PAN_S)
        self._picture("panned")
        go.touch()
        self._execute(GO_ON.format(times=40 * DELTAS_S, more=math.ceil(tasks / 1000)), wait=False)
        page.wait_for_function("tasks => eflowsBench.told() > tasks", arg=tasks)
        deltas = self._move(DELTAS_S)
        page.get_by_test_id("eflows-view-table").click()
        table = self._move(DELTAS_S)
        self._picture("table")
        return Figures(
            name="run view",
            tasks=tasks,
            answer=first["answer"],
            megabytes=first["bytes"] / 1e6,
            paint=first["paint"],
            pan=pan,
            deltas=deltas,
            table=table,
        )

    def _open(self) -> None:
        page, lab = self._page, self._lab
        notebook = nbformat.v4.new_notebook()
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(notebook, lab.work / "run.ipynb")
        page.goto(f"{lab.url}/lab/workspaces/bench/tree/run.ipynb?reset&token={lab.token}")
        page.wait_for_function("() => window.jupyterapp")
        page.evaluate("() => window.jupyterapp.restored")
        page.wait_for_function(
            f"() => {_KERNEL}?.connectionStatus === 'connected' && {_KERNEL}.status === 'idle'"
        )
        page.evaluate(f"() => {{ window.eflowsKernel = {_KERNEL}; }}")
        page.evaluate(
            """() => {
              window.jupyterapp.shell.mode = 'single-document';
              window.jupyterapp.shell.collapseLeft();
            }"""
        )

    def _execute(self, code: str, *, wait: bool = True) -> None:
        self._page.evaluate(
            """async ([code, wait]) => {
              const { done } = window.eflowsKernel.requestExecute({ code });
              if (wait) {
                const { content } = await done;
                if (content.status !== 'ok') {
                  throw new Error(`${content.ename}: ${content.evalue}`);
                }
              }
            }""",
            [code, wait],
        )

    def _move(self, seconds: int) -> Frames:
        return frames(**self._page.evaluate("seconds => eflowsBench.move(seconds)", seconds))

    def _picture(self, name: str) -> None:
        if self._pictures is not None:
            self._pictures.mkdir(parents=True, exist_ok=True)
            self._page.screenshot(path=str(self._pictures / f"run-view-{self._tasks}-{name}.png"))


_KERNEL = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
