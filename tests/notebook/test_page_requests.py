"""What pages ask is checked before anything is done."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.errors import EflowsError
from eflows_nb.notebook.page_requests import read_request, refusal

EXAMPLE = Path(__file__).parents[1] / "protocol" / "refusal.json"
LOG = logging.getLogger(__name__)


def test_a_request_is_read_without_what_is_not_known() -> None:
    """A page of a later release may ask for more."""
    asked: dict[str, Any] = {
        "watch": {"stream": "s", "sequence": 3},
        "cells": {"stream": "", "sequence": -1},
        "outputs": ["c1"],
        "task": 7,
        "cancel": [1, 2],
        "cancel_cells": ["c2"],
        "engines": {"do": "stop"},
        "request": "4",
    }
    assert read_request({**asked, "sing": True}) == asked


def test_nothing_is_asked_by_an_empty_request() -> None:
    """It only shows that the page is there."""
    assert read_request({"watch": None}) == {}


def test_a_refusal_is_told_as_in_the_example(caplog: pytest.LogCaptureFixture) -> None:
    """With the name of the request, so that its page knows; the log has the sentence and no traceback."""
    asked = {"cancel": ["one"], "request": "1"}
    with pytest.raises(EflowsError) as caught:
        read_request(asked)
    assert refusal(asked, caught.value, LOG) == json.loads(EXAMPLE.read_text())
    assert [record.exc_info for record in caplog.records] == [None]


def test_what_nobody_foresaw_is_told_in_one_line_and_logged_whole(caplog: pytest.LogCaptureFixture) -> None:
    """The page can do nothing with a traceback; who mends it can."""
    told = refusal({"request": 5}, KeyError("x"), LOG)
    assert told["request"] == ""
    assert told["error"] == "What this page asked for could not be done: KeyError('x')."
    assert caplog.records[0].exc_info is not None


def test_what_was_asked_for_is_told_in_part_where_it_is_long() -> None:
    """A page may send megabytes."""
    with pytest.raises(EflowsError, match="…") as caught:
        read_request({"cancel": "x" * 10_000_000})
    assert len(str(caught.value)) < 500
