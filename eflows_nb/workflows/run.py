"""Run a notebook headless, from the first cell to the last."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from eflows_nb.errors import NotebookError, RunInterruptedError
from eflows_nb.workflows.parameters import Signature
from eflows_nb.workflows.progress import ProgressObserver
from eflows_nb.workflows.source import Notebook

if TYPE_CHECKING:
    from papermill.exceptions import PapermillExecutionError

__all__ = ["Failure", "Run", "run"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a run failed.

    Parameters
    ----------
    cell
        Number of the failing cell in the notebook that was run, counted from 1 over all cells; None for
        a task that no cell waited for.
    first_line
        First line of that cell.
    ename
        Name of the exception.
    evalue
        Its text.
    traceback
        Its traceback as the notebook shows it, with colour codes.
    """

    cell: int | None
    first_line: str
    ename: str
    evalue: str
    traceback: str = field(repr=False)

    def __str__(self) -> str:
        """Return one sentence: where, and what."""
        lines = [line.strip() for line in self.evalue.splitlines() if line.strip()]
        what = f"{self.ename}: {lines[0]}" if lines else self.ename
        where = (
            "A task that no cell waited for failed"
            if self.cell is None
            else f"Cell {self.cell} ({self.first_line!r}) failed"
        )
        return f"{where}: {what.rstrip('.') if len(what) <= 400 else what[:397] + '..'}."


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One execution of a notebook, finished.

    Parameters
    ----------
    notebook
        The notebook that was run.
    output
        The executed notebook.
    duration
        How long it took, the start of the Jupyter kernel included.
    failure
        Why it failed; None where all cells and tasks are done.
    """

    notebook: Path
    output: Path
    duration: timedelta
    failure: Failure | None = None

    @property
    def ok(self) -> bool:
        """Whether all cells and tasks are done."""
        return self.failure is None


def run(
    notebook: Path | str,
    *,
    parameters: Mapping[str, object] | None = None,
    engines: int | None = None,
    output: Path | str | None = None,
    cwd: Path | str | None = None,
    on_progress: ProgressObserver | None = None,
) -> Run:
    """Return what became of a notebook that was executed headless.

    The notebook is executed by papermill in a Jupyter kernel of its own. At its end tasks that no cell
    waited for are awaited, and engines and kernel are stopped, also when a cell fails.

    Parameters
    ----------
    notebook
        Notebook file in Python.
    parameters
        Values of its parameters by name; those left out keep their default.
    engines
        How many engines the run gets, whatever the notebook asks for; None leaves it to the notebook.
    output
        File of the executed notebook, or a folder for it; None: ``NAME.executed.ipynb`` in the current
        folder. It is written after every cell. The journal of the run is in ``.eflows`` beside it, unless
        the environment variable ``EFLOWS_JOURNAL`` names another folder.
    cwd
        Folder in which the notebook runs, so that its relative paths mean files there; None: the current
        folder.
    on_progress
        Told how far the run has come.

    Raises
    ------
    ParameterError
        For parameters that the notebook does not accept, all of them, before anything starts.
    NotebookError
        For a notebook that cannot be read or started, or an output that would overwrite it.
    RunInterruptedError
        If a signal ended the run.
    """
    source_path, started = Path(notebook), time.monotonic()
    source = Notebook.read(source_path)
    if not source.is_python:
        raise NotebookError(
            f"Notebook {source.name!r} is in {source.language}; eflows runs Python notebooks. "
            "Run it with papermill itself."
        )
    values = Signature.of(source).check(parameters or {})
    source.check_syntax()
    target = _target(source_path, output)
    folder = _folder(cwd)
    failure = _execute(
        source, source_path, target, values, engines=engines, cwd=folder, on_progress=on_progress
    )
    return Run(
        notebook=source_path,
        output=target,
        duration=timedelta(seconds=time.monotonic() - started),
        failure=failure,
    )


def _execute(
    source: Notebook,
    path: Path,
    target: Path,
    values: Mapping[str, object],
    *,
    engines: int | None,
    cwd: Path,
    on_progress: ProgressObserver | None,
) -> Failure | None:
    # Two seconds of imports that a refused parameter need not wait for.
    from papermill.engines import papermill_engines
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import execute_notebook

    from eflows_nb.workflows.engine import EflowsEngine

    papermill_engines.register("eflows", EflowsEngine)
    try:
        execute_notebook(
            _unformatted(path),
            _unformatted(target),
            parameters=dict(values),
            engine_name="eflows",
            kernel_name=source.kernel or "python3",
            language="python",
            progress_bar=False,
            cwd=cwd,
            engines=engines,
            on_progress=on_progress,
            journals=target.absolute().parent / ".eflows",
        )
    except PapermillExecutionError as error:
        return _failure(source, error, injected=bool(values))
    except RunInterruptedError as error:
        message = f"{error} What was executed is in {str(target)!r}."
        raise RunInterruptedError(message, error.received) from error
    return None


def _failure(source: Notebook, error: PapermillExecutionError, *, injected: bool) -> Failure:
    number = error.cell_index + 1
    defaults = source.tagged("parameters")
    if injected and source.tagged("injected-parameters") is None and defaults and number > defaults.number:
        number -= 1
    cell = source.cells[number - 1] if number <= len(source.cells) else None
    return Failure(
        cell=cell and cell.number,
        first_line=cell.first_line if cell else "",
        ename=error.ename,
        evalue=error.evalue,
        traceback="\n".join(error.traceback),
    )


def _target(notebook: Path, output: Path | str | None) -> Path:
    name = f"{notebook.stem}.executed.ipynb"
    target = Path(name) if output is None else Path(output)
    if target.is_dir() or str(output).endswith(os.sep):
        target /= name
    if target.suffix != ".ipynb":
        raise NotebookError(f"The output {str(target)!r} is to hold a notebook; end its name with '.ipynb'.")
    if target.resolve() == notebook.resolve():
        raise NotebookError(f"The output {str(target)!r} is the notebook itself; choose another name for it.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.open("a").close()
    except OSError as error:
        raise NotebookError(f"The output {str(target)!r} cannot be written: {error.strerror}.") from error
    return target


def _folder(cwd: Path | str | None) -> Path:
    folder = Path.cwd() if cwd is None else Path(cwd)
    if not folder.is_dir():
        raise NotebookError(f"The notebook cannot run in {str(folder)!r}, which is not a folder.")
    return folder


def _unformatted(path: Path) -> str:
    """Return a path as papermill wants it: absolute, and safe from its ``str.format``."""
    return str(path.absolute()).replace("{", "{{").replace("}", "}}")
