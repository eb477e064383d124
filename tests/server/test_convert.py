"""A notebook is written in another form for the browser."""

from __future__ import annotations

from typing import Any


def notebook_of(*sources: str) -> dict[str, Any]:
    """Return a notebook with these code cells."""
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


def test_a_notebook_is_converted_and_back(server: Any) -> None:
    """Cells keep their ids, so a page can change just what differs."""
    body = {"notebook": notebook_of("%load_ext eflows_nb\nx = 1", "%%task\ny = x"), "form": "metadata"}
    status, answer = server.ask("POST", "eflows/convert", body=body)
    assert status == 200
    made = answer["notebook"]
    assert [(cell["id"], cell["source"]) for cell in made["cells"]] == [
        ("c0", "#% load\nx = 1"),
        ("c1", "y = x"),
    ]
    assert made["cells"][1]["metadata"] == {"eflows": {"version": 1, "task": {}}}
    back = server.ask("POST", "eflows/convert", body={"notebook": made, "form": "magic"})[1]["notebook"]
    assert [cell["source"] for cell in back["cells"]] == ["%load_ext eflows_nb\nx = 1", "%%task\ny = x"]


def test_what_cannot_be_converted_is_refused(server: Any) -> None:
    """It is the notebook that is wrong, not the server."""
    for line in ("%%task --retries some", "%%task --map x in [1]", "%%task --no-such-option"):
        body = {"notebook": notebook_of(f"{line}\ny = 1"), "form": "metadata"}
        assert server.ask("POST", "eflows/convert", body=body)[0] == 400


def test_what_is_no_question_is_refused(server: Any) -> None:
    """Nothing else is tried."""
    for body in ({}, [], {"notebook": notebook_of(), "form": "rust"}, {"notebook": {"cells": [1]}}):
        assert server.ask("POST", "eflows/convert", body=body)[0] == 400


def test_a_stranger_converts_nothing(server: Any) -> None:
    """The address asks for the server's own authentication."""
    assert server.ask("POST", "eflows/convert", body={}, token=False)[0] == 403
