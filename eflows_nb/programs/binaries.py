"""Programs in the place of a function, around it, and in a container."""

from __future__ import annotations

from pathlib import Path

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.programs.decorating import Decorator, given, require_alone, require_program
from eflows_nb.programs.function import ProgramTask, above_task, require_names
from eflows_nb.pycompss.api import programs
from eflows_nb.pycompss.programs import Container
from eflows_nb.pycompss.requests import Request

__all__ = ["binary", "container", "epilog", "prolog"]


def binary(
    program: str | Path, *, args: str | None = None, working_dir: str | Path | None = None, check: bool = True
) -> Decorator:
    r"""Let a program run in the place of the function; the result is its exit code.

    It stands above ``@ef.task``. Files that are ``FILE_IN_STDIN``, ``FILE_OUT_STDOUT`` or
    ``FILE_OUT_STDERR`` are its standard input, output and error.

    Parameters
    ----------
    program
        Its name or path.
    args
        Its arguments, divided as by a shell; they may name parameters as ``{{x}}`` and environment variables
        as ``${X}``. None for the values of all parameters, in order.
    working_dir
        Folder where it runs, which is made if it is not there; likewise. None for where the engine runs.
    check
        Whether the task fails with an exit code other than 0.

    Raises
    ------
    TaskDefinitionError
        When no program is named, it stands above no task function, or twice, or a text names a parameter that
        does not exist.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.binary("sort", args="-n {{source}}")
    ... @ef.task(source=ef.FILE_IN, target=ef.FILE_OUT_STDOUT)
    ... def sort(source, target): ...
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(f"{folder}/a").write_text("10 9")
    ...     _ = sort(f"{folder}/a", f"{folder}/b")
    ...     ef.wait_on_file(f"{folder}/b").read_text()
    '10 9\n'
    """
    require_program("binary", program)

    def change(task: ProgramTask) -> None:
        require_alone(task, "binary")
        require_names(task, "binary", (str(program), args, str(working_dir)))
        programs.set_program(task, "binary", given(program, args, working_dir, check))

    return above_task("binary", change)


def container(engine: str, *, image: str, options: str = "") -> Decorator:
    """Let the program of a task, or its Python function, run in a container.

    It stands above ``@ef.task``, and above or below the decorator that names the program. The folders of
    files among the arguments are there in the container.

    Parameters
    ----------
    engine
        ``"apptainer"``, ``"singularity"``, ``"docker"`` or ``"udocker"``.
    image
        Name of the image, or its file.
    options
        Options of the engine; they may have environment variables in them as ``${X}``.

    Raises
    ------
    TaskDefinitionError
        When it stands above no task function, or twice, or above one that asks a web service.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.container("apptainer", image="gmt.sif")
    ... @ef.binary("gmt", args="grdinfo {{grid}}")
    ... @ef.task(grid=ef.FILE_IN, told=ef.FILE_OUT_STDOUT)
    ... def describe(grid, told): ...
    """

    def change(task: ProgramTask) -> None:
        if isinstance(task.program, Request):
            raise TaskDefinitionError(
                f"'{task.name}' asks a web service, which runs in no container. Leave @ef.container out."
            )
        programs.set_container(task, Container(engine=engine, image=image, options=options))

    return above_task("container", change)


def prolog(
    program: str | Path, *, args: str = "", working_dir: str | Path | None = None, check: bool = True
) -> Decorator:
    """Let a program run before the task, on the same engine.

    It stands above ``@ef.task``.

    Parameters
    ----------
    program, args, working_dir
        As of `binary`.
    check
        Whether the task fails, and does not begin, with an exit code other than 0.

    Raises
    ------
    TaskDefinitionError
        When no program is named, it stands above no task function, or twice, or a text names a parameter that
        does not exist.

    Examples
    --------
    >>> import eflows_nb as ef, pathlib, tempfile
    >>> @ef.prolog("mkdir", args="-p {{folder}}/made")
    ... @ef.task
    ... def look(folder):
    ...     return [path.name for path in pathlib.Path(folder).iterdir()]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ef.wait_on(look(folder))
    ['made']
    """
    return _around("prolog", program, args, working_dir, check)


def epilog(
    program: str | Path, *, args: str = "", working_dir: str | Path | None = None, check: bool = False
) -> Decorator:
    """Let a program run after the task, on the same engine, when that has not failed.

    It stands above ``@ef.task``.

    Parameters
    ----------
    program, args, working_dir
        As of `binary`.
    check
        Whether the task fails with an exit code other than 0.

    Raises
    ------
    TaskDefinitionError
        When no program is named, it stands above no task function, or twice, or a text names a parameter that
        does not exist.

    Examples
    --------
    >>> import eflows_nb as ef, pathlib, tempfile
    >>> @ef.epilog("gzip", args="{{path}}")
    ... @ef.task
    ... def write(path):
    ...     pathlib.Path(path).write_text("long")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = ef.wait_on(write(f"{folder}/a"))
    ...     [path.name for path in pathlib.Path(folder).iterdir()]
    ['a.gz']
    """
    return _around("epilog", program, args, working_dir, check)


def _around(
    word: str, program: str | Path, args: str, working_dir: str | Path | None, check: bool
) -> Decorator:
    require_program(word, program)

    def change(task: ProgramTask) -> None:
        require_names(task, word, (str(program), args, str(working_dir)))
        said = given(program, args, working_dir, check)
        programs.put_around(task, said, after=word == "epilog")

    return above_task(word, change)
