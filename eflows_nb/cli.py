"""The command ``eflows``."""

from __future__ import annotations

import argparse
import importlib.metadata
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from eflows_nb.errors import EflowsError, RunInterruptedError

if TYPE_CHECKING:
    from eflows_nb.workflows.progress import Progress, ProgressObserver
    from eflows_nb.workflows.run import Run

__all__ = ["main"]

FAILED = 1
"""Exit code where a cell or a task failed."""
MISUSED = 2
"""Exit code where nothing was started."""
INTERRUPTED = 128
"""Exit code, plus the number of the signal, where a signal ended the run."""


class _Parser(argparse.ArgumentParser):
    """Reports a wrong command line in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(MISUSED, f"eflows: error: {message}; see '{self.prog} --help'.\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Parameters
    ----------
    arguments
        Arguments after the name of the command; None for those of this process.
    """
    options = _parser().parse_args(arguments)
    # What libraries log would repeat what is said here in a sentence.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        code: int = options.command(options)
        sys.stdout.flush()
    except RunInterruptedError as error:
        return _refuse(error, INTERRUPTED + error.received)
    except EflowsError as error:
        return _refuse(error, MISUSED)
    except KeyboardInterrupt:
        return _refuse("Interrupted before anything was started.", INTERRUPTED + 2)
    except BrokenPipeError:
        # Nobody reads on; without this the interpreter complains once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="eflows", description="Run notebooks that are workflows.")
    parser.add_argument("--version", action="version", version=f"eflows {_version()}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)

    run = commands.add_parser(
        "run",
        help="execute a notebook with parameters",
        description="Execute a notebook from its first cell to its last, without a browser.",
        epilog="Exit codes: 0 done, 1 a cell or a task failed, 2 nothing was started, "
        "130 interrupted (128 plus the signal).",
    )
    run.add_argument("notebook", metavar="NOTEBOOK", type=Path, help="the notebook file")
    run.add_argument(
        "-p",
        "--parameter",
        dest="parameters",
        metavar="NAME=VALUE",
        type=_assignment,
        action="append",
        default=[],
        help="value of a parameter; may be given for each ('eflows parameters NOTEBOOK' lists them)",
    )
    _add_engines(run)
    run.add_argument(
        "--output",
        metavar="FILE",
        help="the executed notebook, or a folder for it (default: NAME.executed.ipynb in this folder)",
    )
    run.add_argument(
        "--cwd",
        metavar="DIR",
        type=Path,
        help="folder that relative paths in the notebook mean (default: this)",
    )
    run.set_defaults(command=_run)

    parameters = commands.add_parser(
        "parameters",
        help="list the parameters of a notebook",
        description="List the parameters of a notebook: name, type, default and meaning.",
    )
    parameters.add_argument("notebook", metavar="NOTEBOOK", type=Path, help="the notebook file")
    parameters.set_defaults(command=_parameters)

    convert = commands.add_parser(
        "convert",
        help="write the task cells of a notebook in another form",
        description="Write a notebook whose task cells have another form. It computes the same.",
    )
    convert.add_argument("notebook", metavar="NOTEBOOK", type=Path, help="the notebook file")
    convert.add_argument(
        "--to",
        dest="form",
        choices=["magic", "metadata", "function"],
        required=True,
        help="%%%%task lines, cell metadata without a trace in the code, or @ef.task functions",
    )
    convert.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="the new notebook (default: NAME.FORM.ipynb in this folder)",
    )
    convert.set_defaults(command=_convert)

    demo = commands.add_parser(
        "demo",
        help="run the tsunami notebook on this machine",
        description="Run the urgent tsunami notebook on engines of this machine, with an idealised ocean.",
    )
    _add_engines(demo)
    demo.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        default=Path("eflows-demo"),
        help="folder for the executed notebook, its data and figures (default: %(default)s)",
    )
    demo.set_defaults(command=_demo)

    program = commands.add_parser(
        "pycompss",
        help="run a PyCOMPSs program on this machine",
        description="Run a Python script whose tasks are in the words of PyCOMPSs, without PyCOMPSs or Java.",
    )
    program.add_argument(
        "--engines",
        metavar="N",
        type=_engines,
        help="engines; by default one a core, 0 for none",
    )
    program.add_argument(
        "--pythonpath", metavar="DIR", action="append", default=[], help="folder with modules of the program"
    )
    program.add_argument(
        "--wall-clock-limit", metavar="S", type=float, help="seconds after which all tasks are cancelled"
    )
    program.add_argument(
        "--checkpoint", metavar="DIR", help="folder of results: another run computes only what is not there"
    )
    program.add_argument("script", metavar="SCRIPT", help="the Python file")
    program.add_argument("args", metavar="ARG", nargs=argparse.REMAINDER, help="arguments of the script")
    program.set_defaults(command=_pycompss)
    return parser


def _add_engines(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engines",
        metavar="N",
        type=_count,
        help="run tasks on N engines of this machine, whatever the notebook asks for",
    )


def _run(options: argparse.Namespace) -> int:
    from eflows_nb.workflows.parameters import Signature
    from eflows_nb.workflows.run import run
    from eflows_nb.workflows.source import Notebook

    values = Signature.of(Notebook.read(options.notebook)).parse(options.parameters)
    with _watched() as observer:
        done = run(
            options.notebook,
            parameters=values,
            engines=options.engines,
            output=options.output,
            cwd=options.cwd,
            on_progress=observer,
        )
    return _conclude(done)


def _parameters(options: argparse.Namespace) -> int:
    from eflows_nb.workflows.parameters import Signature
    from eflows_nb.workflows.source import Notebook

    signature = Signature.of(Notebook.read(options.notebook))
    if not signature.parameters:
        print(f"Notebook {signature.notebook!r} takes no parameters.")
        return 0
    rows = [
        (one.name, one.annotation, "(required)" if one.default is None else one.default, one.description)
        for one in signature.parameters
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[3]]).rstrip())
    return 0


def _convert(options: argparse.Namespace) -> int:
    from eflows_nb.notebook.cells.conversion import convert_file

    target = options.output or Path(f"{options.notebook.stem}.{options.form}.ipynb")
    count = convert_file(options.notebook, target, form=options.form)
    print(f"Converted {count} task {'cell' if count == 1 else 'cells'}: {target}")
    return 0


def _demo(options: argparse.Namespace) -> int:
    from eflows_nb.workflows.demo import demo_notebook, figures
    from eflows_nb.workflows.run import run

    notebook = demo_notebook()
    folder: Path = options.output
    folder.mkdir(parents=True, exist_ok=True)
    with _watched() as observer:
        done = run(
            notebook,
            parameters={"output": str(folder)},
            engines=options.engines,
            output=folder / f"{notebook.stem}.executed.ipynb",
            on_progress=observer,
        )
    code = _conclude(done)
    for path in figures(folder):
        print(f"Figure: {path}")
    return code


def _pycompss(options: argparse.Namespace) -> int:
    from eflows_nb.pycompss.program import run

    run(
        options.script,
        options.args,
        engines=options.engines,
        paths=options.pythonpath,
        limit=options.wall_clock_limit,
        checkpoint=options.checkpoint,
    )
    return 0


def _conclude(done: Run) -> int:
    if done.failure is not None:
        return _refuse(f"{done.failure} What was executed is in {str(done.output)!r}.", FAILED)
    print(f"Executed notebook ({done.duration.total_seconds():.1f} s): {done.output}")
    return 0


def _refuse(reason: object, code: int) -> int:
    for line in str(reason).splitlines():
        print(f"eflows: error: {line}", file=sys.stderr)
    return code


@contextmanager
def _watched() -> Iterator[ProgressObserver]:
    """Show progress: a bar on a terminal, else a line for each heading of the notebook."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from tqdm import tqdm

    layout = "{l_bar}{bar}| {n_fmt}/{total_fmt} cells, {elapsed}"
    with tqdm(bar_format=layout, leave=False) as bar:

        def show(progress: Progress) -> None:
            bar.total, bar.n = progress.total, progress.done
            bar.set_description(progress.heading[:40], refresh=False)
            bar.refresh()

        yield show


def _lines() -> Callable[[Progress], None]:
    shown = ""

    def show(progress: Progress) -> None:
        nonlocal shown
        if progress.heading != shown:
            shown = progress.heading
            place = f"{progress.done + 1}/{progress.total}"
            seconds = progress.elapsed.total_seconds()
            print(f"eflows: {seconds:8.1f} s  cell {place:>7}  {shown}", file=sys.stderr, flush=True)

    return show


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name.strip(), value


def _count(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return count


def _engines(text: str) -> int:
    return 0 if text.strip() == "0" else _count(text)


def _version() -> str:
    try:
        return importlib.metadata.version("eflows-nb")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
