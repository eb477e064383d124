"""The papermill engine ``eflows``: ``papermill in.ipynb out.ipynb --engine eflows -p n 64``.

papermill loads this module while it is itself being imported, and for users of other engines too, so
nothing of papermill is imported at its top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eflows_nb.workflows.parameters import Signature
from eflows_nb.workflows.source import Notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["EflowsEngine"]


class EflowsEngine:
    """Runs a notebook with its parameters checked, its tasks awaited and its engines stopped.

    Beside papermill's own options it takes ``engines`` (how many engines the run gets, whatever the
    notebook asks for; None leaves it to the notebook) and ``on_progress``.
    """

    @classmethod
    def nb_kernel_name(cls, nb: NotebookNode, name: str | None = None) -> str:
        """Return the kernel that a notebook asks for, ``python3`` where it names none."""
        return name or Notebook.of(nb, "notebook").kernel or "python3"

    @classmethod
    def nb_language(cls, nb: NotebookNode, language: str | None = None) -> str:
        """Return the language of a notebook, ``python`` where it names none."""
        return language or Notebook.of(nb, "notebook").language

    @classmethod
    def execute_notebook(cls, nb: NotebookNode, kernel_name: str, **options: Any) -> NotebookNode:
        """Check the notebook and its parameters, then execute it.

        Raises
        ------
        ParameterError
            For parameters that the notebook does not accept; no kernel was started, no file written.
        NotebookError
            For a cell that is no Python, likewise, or a Jupyter kernel that does not start.
        RunInterruptedError
            If a signal ended the run.
        """
        notebook = Notebook.of(nb, nb.metadata.papermill.get("input_path") or "notebook")
        if notebook.is_python:
            Signature.of(notebook).check(nb.metadata.papermill.get("parameters") or {})
            notebook.check_syntax()
        from eflows_nb.workflows.execution import Execution

        executed: NotebookNode = Execution.execute_notebook(nb, kernel_name, **options)
        return executed
