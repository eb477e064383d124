"""The options of task cells in their forms."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from eflows_nb.errors import CellError
from eflows_nb.notebook.cells.options import TaskOptions, schema

_names = st.lists(st.sampled_from(["a", "b_1", "größe"]), unique=True, min_size=1).map(tuple)
_count = st.integers(1, 9)
_options = st.builds(
    TaskOptions,
    name=st.sampled_from(["", "fields", "two words", "it's <b>bold</b> \" & --odd"]),
    outputs=st.none() | _names,
    inputs=st.just(()) | _names,
    inout=st.just(()) | _names,
    map=st.none() | st.just(("member", "members")),
    cores=st.none() | _count,
    memory=st.none() | st.sampled_from(["4GB", "500 MB"]),
    gpus=st.none() | _count,
    target=st.just(()) | st.just(("n1", "n2.cluster")),
    mpi=st.none() | _count,
    time_out=st.none() | st.sampled_from(["90", "10m", "1h30m", "0.5s"]),
    on_failure=st.none() | st.sampled_from(["fail", "retry", "ignore", "cancel_successors"]),
    retries=st.none() | st.integers(0, 9),
    priority=st.none() | st.integers(-3, 9),
    files=st.just(()) | st.just(("in:a mesh.h5", "out:b")),
    cache=st.booleans(),
)


def test_the_schema_is_a_schema() -> None:
    """It is valid itself, and every option has its place in it."""
    Draft202012Validator.check_schema(schema())
    known = set(schema()["properties"]["task"]["properties"])

    assert known == set(TaskOptions.__dataclass_fields__)


@settings(deadline=None)
@given(options=_options)
def test_a_line_and_metadata_say_the_same(options: TaskOptions) -> None:
    """Options survive the way through a line and through metadata, which the schema accepts."""
    assert TaskOptions.from_line(options.line) == options
    assert TaskOptions.from_metadata({"eflows": options.metadata}) == options
    Draft202012Validator(schema()).validate(options.metadata)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (3, "The metadata eflows of this cell is not valid: 3 is not of type 'object'"),
        ({}, "'version' is a required property"),
        ({"version": 2}, "eflows.version of this cell is not valid: 1 was expected"),
        ({"version": 1, "task": True}, "eflows.task of this cell is not valid: True is not of type 'object'"),
        ({"version": 1, "task": {"outputs": ["1x"]}}, "eflows.task.outputs[0] of this cell is not valid"),
    ],
)
def test_metadata_that_is_not_valid_is_one_sentence(own: Any, message: str) -> None:
    """The place is named, and what is wrong there."""
    with pytest.raises(CellError) as caught:
        TaskOptions.from_metadata({"eflows": own})

    assert message in str(caught.value)


def test_other_metadata_is_not_ours() -> None:
    """A cell without the key, or with the key and no task, is a plain cell."""
    assert TaskOptions.from_metadata({"tags": ["a"]}) is None
    assert TaskOptions.from_metadata({"eflows": {"version": 1}}) is None
    assert TaskOptions.from_metadata(None) is None
