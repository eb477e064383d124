"""The notebook that ``eflows demo`` runs, from a checkout or an installed wheel."""

from __future__ import annotations

from pathlib import Path

from eflows_nb.errors import NotebookError

__all__ = ["demo_notebook", "figures"]

_NAME = "10-urgent-tsunami.ipynb"
_FIGURES = frozenset({".png", ".svg", ".pdf"})


def demo_notebook() -> Path:
    """Return the path of the tsunami notebook.

    Raises
    ------
    NotebookError
        If this installation has none.
    """
    package = Path(__file__).parents[1]
    # A wheel holds the notebooks inside the package, a checkout beside it.
    places = [package / "notebooks" / _NAME, package.parent / "notebooks" / _NAME]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        looked = " and ".join(str(place.parent) for place in places)
        raise NotebookError(
            f"This installation has no {_NAME!r}; looked in {looked}. Install the package again."
        )
    return found


def figures(folder: Path) -> list[Path]:
    """Return the figures in a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in _FIGURES)
