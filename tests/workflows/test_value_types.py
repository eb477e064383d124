"""What the types of parameters accept as text and as values."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eflows_nb.workflows.annotation import type_named

_TEXT = st.text(st.characters(codec="utf-8"))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        ("int", "64", 64),
        ("int", "-3", -3),
        ("int", " 5 ", 5),
        ("float", "2.5", 2.5),
        ("float", "2", 2.0),
        ("float", "1e-3", 1e-3),
        ("bool", "true", True),
        ("bool", "YES", True),
        ("bool", "0", False),
        ("bool", "off", False),
        ("str", "", ""),
        ("str", "5", "5"),
        ("str", "a=b", "a=b"),
        ("Path", "../data/x.nc", "../data/x.nc"),
        ("pathlib.Path", "x", "x"),
        ("list", "1,b,2.5", [1, "b", 2.5]),
        ("list", "", []),
        ("list[float]", "135,165,25,50", [135.0, 165.0, 25.0, 50.0]),
        ("list[float]", "[135, 165]", [135.0, 165.0]),
        ("list[str]", "a, b", ["a", "b"]),
        ("typing.List[int]", "(1, 2)", [1, 2]),
        ("tuple[float, float]", "1,2", [1.0, 2.0]),
        ("tuple[int, ...]", "1,2,3", [1, 2, 3]),
        ("Sequence[int]", "1", [1]),
        ("dict", '{"a": 1, "b": [true, null]}', {"a": 1, "b": [True, None]}),
        ("dict[str, float]", "{'a': 1}", {"a": 1.0}),
        ("Literal['fast', 'exact']", "exact", "exact"),
        ("Literal[1, 2]", "2", 2),
        ("'int'", "7", 7),
        ("Annotated[int, 'cores']", "7", 7),
        ("Any", "[1, 2]", [1, 2]),
        ("Any", "Tohoku 2011", "Tohoku 2011"),
    ],
)
def test_text_becomes_the_value_of_its_type(annotation: str, text: str, value: object) -> None:
    """Each type reads its own notation, and the value has exactly that type."""
    read = type_named(annotation).parse(text)

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        ("str | list[float]", "135,165,25,50", "135,165,25,50"),
        ("str | list[float]", "[135, 165]", [135.0, 165.0]),
        ("list[float] | str", "", ""),
        ("str | list[float]", "[north", "[north"),
        ("int | None", "None", None),
        ("int | None", "5", 5),
        ("Optional[float]", "5", 5.0),
        ("str | None", "", ""),
        ("Union[str, int]", "5", 5),
        ("float | int", "5", 5),
        ("int | float", "5.5", 5.5),
        ("int | str", "5 km", "5 km"),
        ("bool | str", "no", "no"),
        ("bool | str", "true", True),
        ("bool | int", "1", 1),
        ("float | list[float]", "5", 5.0),
        ("float | list[float]", "5,6", [5.0, 6.0]),
        ("Literal['auto'] | int", "auto", "auto"),
        ("(int | str) | None", "null", None),
        ("Path | None", "a,b", "a,b"),
    ],
)
def test_a_union_takes_its_most_specific_member(annotation: str, text: str, value: object) -> None:
    """Numbers win over text, and text with commas stays text where text is accepted."""
    read = type_named(annotation).parse(text)

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        ("int", "2.5"),
        ("int", "two"),
        ("int", ""),
        ("int", "1e3"),
        ("float", "1,5"),
        ("float", "true"),
        ("bool", "maybe"),
        ("bool", "2"),
        ("list[int]", "1,2.5"),
        ("list[int]", "[1, 2.5]"),
        ("list[int]", "[1, 2"),
        ("list[int]", "1,,2"),
        ("tuple[float, float]", "1,2,3"),
        ("dict", "a=1"),
        ("dict[str, int]", '{"a": "b"}'),
        ("dict", "{1: 2}"),
        ("Literal['fast', 'exact']", "slow"),
        ("int | None", "x"),
        ("None", "5"),
        ("np.ndarray", "1,2"),
        ("dict[int, str]", "{}"),
        ("tuple[int, str]", "1,a"),
        ("not a type", "1"),
    ],
)
def test_text_of_another_type_is_refused(annotation: str, text: str) -> None:
    """A value of the wrong type never reaches the notebook."""
    with pytest.raises(ValueError, match=r".*"):
        type_named(annotation).parse(text)


@pytest.mark.parametrize(
    ("annotation", "given_value", "value"),
    [
        ("float", 5, 5.0),
        ("int", 5, 5),
        ("Path", Path("a/b"), "a/b"),
        ("list[float]", (1, 2), [1.0, 2.0]),
        ("int | None", None, None),
        ("str | list[float]", [1], [1.0]),
        ("Any", {"a": (1, Path("b"))}, {"a": [1, "b"]}),
        ("Literal[True, 1]", 1, 1),
    ],
)
def test_a_value_is_taken_as_it_is_injected(annotation: str, given_value: object, value: object) -> None:
    """Values from Python become what a notebook cell can hold."""
    taken = type_named(annotation).check(given_value)

    assert taken == value
    assert type(taken) is type(value)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("int", True),
        ("int", 2.0),
        ("int", "2"),
        ("float", True),
        ("float", 10**400),
        ("bool", 1),
        ("str", 1),
        ("Path", 1),
        ("list[int]", [1, "a"]),
        ("list", "abc"),
        ("dict", {1: 2}),
        ("Literal[1]", True),
        ("Any", {1, 2}),
        ("Any", b"x"),
        ("np.ndarray", 1),
    ],
)
def test_a_value_of_another_type_is_refused(annotation: str, value: object) -> None:
    """Nothing is converted silently: True is no number, 2.0 no whole one, "2" none at all."""
    with pytest.raises(ValueError, match=r".*"):
        type_named(annotation).check(value)


@given(st.integers())
def test_a_whole_number_survives_its_text(value: int) -> None:
    """What is written is what is read."""
    assert type_named("int").parse(str(value)) == value


@given(st.floats(allow_nan=False))
def test_a_number_survives_its_text(value: float) -> None:
    """Not a bit is lost on the command line, nor is infinity."""
    assert type_named("float").parse(repr(value)) == value


def test_not_a_number_is_a_number() -> None:
    """A missing value can be given."""
    read = type_named("float").parse("nan")

    assert isinstance(read, float)
    assert math.isnan(read)


@given(_TEXT)
def test_text_survives_unchanged(value: str) -> None:
    """Text is never stripped, unquoted or interpreted."""
    assert type_named("str").parse(value) == value


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_a_list_of_numbers_survives_both_notations(value: list[float]) -> None:
    """With and without brackets, the same list."""
    assert type_named("list[float]").parse(str(value)) == value
    assert type_named("list[float]").parse(",".join(map(repr, value))) == value


@given(st.dictionaries(_TEXT, st.integers() | _TEXT))
def test_a_dictionary_survives_json_and_python(value: dict[str, object]) -> None:
    """Both notations are read."""
    assert type_named("dict").parse(json.dumps(value)) == value
    assert type_named("dict").parse(repr(value)) == value


@given(_JSON)
def test_whatever_json_holds_is_a_value(value: object) -> None:
    """Without an annotation any JSON goes in unchanged."""
    assert type_named("Any").check(value) == value


@given(st.text(max_size=40))
def test_no_annotation_makes_the_reader_fail(annotation: str) -> None:
    """A strange annotation refuses values; it is not an error of the program."""
    assert type_named(annotation).accepts
