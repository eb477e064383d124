"""A new session is seen where it runs."""

from __future__ import annotations

from typing import Any

import pytest

from eflows_nb.notebook import watch
from eflows_nb.runtime.session import Session


def test_outside_a_notebook_there_is_no_kernel() -> None:
    """Also when IPython happens to be imported; output and progress are shown all the same."""
    import IPython

    assert IPython.get_ipython() is None
    watch.watch(Session())


@pytest.mark.engines
def test_px_runs_on_the_engines_of_the_session(front_end: Any) -> None:
    """What ipyparallel offers in a notebook works beside our tasks."""
    front_end.run("import eflows_nb as ef\nsession = ef.start(engines=2)\nview = session.client()[:]")
    front_end.run("view.block = True\nview.activate()")
    cell = front_end.run("%px print('here')")
    shown = [
        message["content"]["data"]["text/plain"]
        for message in front_end.heard
        if message["parent_header"].get("msg_id") == cell and message["msg_type"] == "display_data"
    ]

    assert sorted(shown) == ["[stdout:0] here\n", "[stdout:1] here\n"]
