"""Reading a notebook file without running it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from eflows_nb.errors import NotebookError
from eflows_nb.workflows.source import Notebook

WriteNotebook = Callable[..., Path]


def test_cells_are_numbered_from_one_over_all(write_notebook: WriteNotebook) -> None:
    """Numbers are those a reader counts on the screen, Markdown included."""
    notebook = Notebook.read(write_notebook("# Title", "x = 1"))

    assert [(cell.number, cell.code, cell.first_line) for cell in notebook.cells] == [
        (1, False, "# Title"),
        (2, True, "x = 1"),
    ]


def test_source_in_lines_is_joined(tmp_path: Path) -> None:
    """Jupyter writes the source of a cell as a list of lines."""
    path = tmp_path / "work.ipynb"
    path.write_text('{"cells": [{"cell_type": "code", "source": ["a = 1\\n", "b = 2"]}], "nbformat": 4}')

    assert Notebook.read(path).cells[0].source == "a = 1\nb = 2"


def test_a_notebook_that_names_no_language_is_python(write_notebook: WriteNotebook) -> None:
    """Notebooks made by programs often have no metadata."""
    assert Notebook.read(write_notebook()).is_python


def test_another_language_is_seen(write_notebook: WriteNotebook) -> None:
    """The kernel or the language says it."""
    path = write_notebook(metadata={"kernelspec": {"name": "ir", "language": "R"}})

    assert not Notebook.read(path).is_python


def test_an_absent_file_is_one_sentence(tmp_path: Path) -> None:
    """The path is named."""
    with pytest.raises(NotebookError, match=r"There is no notebook '.*absent\.ipynb'; check the path\."):
        Notebook.read(tmp_path / "absent.ipynb")


def test_a_folder_is_one_sentence(tmp_path: Path) -> None:
    """The way out is named."""
    with pytest.raises(NotebookError, match="is a folder; name one notebook file in it"):
        Notebook.read(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"print('hello')", "is not a notebook, because it is not JSON: Expecting value"),
        (b"\xff\xfe", "because it is not JSON: it is not UTF-8 text"),
        (b"[1, 2]", "is JSON, but has no list of cells"),
        (b'{"cells": 3}', "is JSON, but has no list of cells"),
        (b'{"cells": [{"cell_type": "code"}]}', "is JSON, but has no list of cells"),
        (b'{"worksheets": []}', "is of an old format; convert it"),
        (b"[" * 100_000, "is not a notebook, because it is not JSON"),
    ],
)
def test_a_file_that_is_no_notebook_is_one_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    """Whatever is in the file, the reader says what it is not."""
    path = tmp_path / "work.ipynb"
    path.write_bytes(content)

    with pytest.raises(NotebookError, match=message):
        Notebook.read(path)


def test_a_syntax_error_is_found_before_the_run(write_notebook: WriteNotebook) -> None:
    """An error in the last cell does not cost the hours of those above."""
    notebook = Notebook.read(write_notebook("x = 1", "for i in range(3)\n    print(i)"))

    with pytest.raises(NotebookError) as refusal:
        notebook.check_syntax()

    assert "Cell 2 of" in str(refusal.value)
    assert "line 1, 'for i in range(3)': expected ':'. Nothing was run." in str(refusal.value)


@pytest.mark.parametrize(
    "source",
    [
        "%%bash\nls -l",
        "%matplotlib inline\nx = 1",
        "!pip list\nx = 1",
        "files = !ls\nx = 1",
        "x = 1\nx?",
        "cd data",
        "import asyncio\nawait asyncio.sleep(0)",
        "async with open_it() as x:\n    pass",
        "",
    ],
)
def test_what_only_ipython_understands_is_left_to_it(write_notebook: WriteNotebook, source: str) -> None:
    """Magics, shell lines, questions and top-level await are no errors."""
    Notebook.read(write_notebook(source)).check_syntax()


def test_a_cell_that_is_meant_to_fail_is_not_checked(tmp_path: Path) -> None:
    """The tag ``raises-exception`` announces the error."""
    path = tmp_path / "work.ipynb"
    path.write_text(
        '{"cells": [{"cell_type": "code", "metadata": {"tags": ["raises-exception"]}, '
        '"source": "x = \\ny = 1"}]}'
    )

    Notebook.read(path).check_syntax()
