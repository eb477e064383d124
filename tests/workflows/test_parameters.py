"""The parameters of a notebook: how they are declared, and how values are refused."""

import pytest

from eflows_nb.errors import NotebookError, ParameterError
from eflows_nb.workflows.parameters import Parameter, Signature
from eflows_nb.workflows.source import Cell, Notebook


def _signature(source: str) -> Signature:
    cell = Cell(number=1, code=True, source=source, tags=frozenset({"parameters"}))
    return Signature.of(Notebook(name="work.ipynb", cells=(cell,)))


def _one(source: str) -> Parameter:
    parameters = _signature(source).parameters
    assert parameters is not None
    (one,) = parameters
    return one


def test_an_annotated_assignment_is_a_parameter() -> None:
    """Name, type, default and meaning come from one line."""
    assert _one("magnitude: float = 9.1  # moment magnitude") == Parameter(
        name="magnitude", annotation="float", default="9.1", description="moment magnitude"
    )


@pytest.mark.parametrize(
    ("source", "annotation"),
    [
        ("n = 3", "int"),
        ("n = -3", "int"),
        ("x = 2.5", "float"),
        ("flag = True", "bool"),
        ("name = 'a'", "str"),
        ("box = [1, 2]", "list"),
        ("box = (1, 2)", "tuple"),
        ("options = {'a': 1}", "dict"),
        ("nothing = None", "Any"),
        ("x = 2 * 3.0", "Any"),
        ("path = Path('x')", "Path"),
        ("path = pathlib.Path('x')", "Path"),
        ("n = int(3)", "int"),
    ],
)
def test_a_plain_assignment_has_the_type_of_its_default(source: str, annotation: str) -> None:
    """Without an annotation the default says what is accepted."""
    assert _one(source).annotation == annotation


def test_a_comment_above_is_the_meaning_where_none_is_beside() -> None:
    """Both common ways to comment a parameter are read."""
    signature = _signature("# how many\n# members\nn: int = 8\n\n# not for x\n\nx: float = 1.0")

    assert signature.parameters is not None
    assert [one.description for one in signature.parameters] == ["how many members", ""]


def test_a_default_over_several_lines_keeps_its_comment() -> None:
    """The comment may stand behind the closing bracket."""
    one = _one("box: list[float] = [\n    135,  # west\n    165,\n]  # west, east")

    assert (one.default, one.description) == ("[135, 165]", "west, east")


def test_a_hash_in_text_is_no_comment() -> None:
    """Comments are found by Python's own tokenizer."""
    assert _one("colour: str = '#ff0000'").description == ""


def test_other_statements_declare_nothing() -> None:
    """Imports, calls, magics and attributes may stand in the cell."""
    signature = _signature("%matplotlib inline\nimport os\nprint('x')\nos.x = 1\nn: int = 3")

    assert signature.parameters is not None
    assert [one.name for one in signature.parameters] == ["n"]


def test_the_last_assignment_of_a_name_counts() -> None:
    """As in Python."""
    assert _one("n = 3\nn: float = 2.5").annotation == "float"


def test_one_statement_may_assign_two_names() -> None:
    """Both are parameters."""
    signature = _signature("a = b = 3")

    assert signature.parameters is not None
    assert [one.name for one in signature.parameters] == ["a", "b"]


def test_texts_become_values() -> None:
    """The sample of the documentation."""
    signature = _signature("n: int = 1\ndomain: str | list[float] = '0,1,2,3'")

    values = signature.parse([("n", "64"), ("domain", "135,165,25,50")])

    assert values == {"n": 64, "domain": "135,165,25,50"}


def test_an_unknown_name_is_refused_with_the_closest_and_all() -> None:
    """A typing error is answered with the right name."""
    with pytest.raises(ParameterError) as refusal:
        _signature("magnitude: float = 9.1\nhours: float = 2.0").parse([("magnitud", "8")])

    assert str(refusal.value) == (
        "Notebook 'work.ipynb' has no parameter 'magnitud'; did you mean 'magnitude'? "
        "It accepts magnitude, hours."
    )


def test_a_name_like_no_other_is_refused_without_a_guess() -> None:
    """A far-fetched suggestion would mislead."""
    with pytest.raises(ParameterError, match=r"no parameter 'zzz'\. It accepts hours\."):
        _signature("hours: float = 2.0").parse([("zzz", "8")])


def test_a_wrong_type_is_refused_with_what_is_accepted() -> None:
    """Parameter, value, accepted type and default are all named."""
    with pytest.raises(ParameterError) as refusal:
        _signature("members: int = 8").parse([("members", "2.5")])

    assert str(refusal.value) == (
        "Parameter 'members' got '2.5', but accepts a whole number (int; its default is 8)."
    )


def test_all_problems_are_told_at_once() -> None:
    """Nobody repairs a command line one round at a time."""
    with pytest.raises(ParameterError) as refusal:
        _signature("n: int = 1\nx: float\nflag: bool = True").parse(
            [("n", "a"), ("m", "1"), ("flag", "maybe"), ("flag", "x")]
        )

    problems = str(refusal.value).splitlines()
    assert len(problems) == 5
    assert "Parameter 'flag' is given 2 times." in problems
    assert "Parameter 'x' (float) has no default in 'work.ipynb': give it with -p x=VALUE." in problems


def test_a_notebook_without_a_parameters_cell_takes_none() -> None:
    """The sentence says what is missing."""
    notebook = Notebook(name="work.ipynb", cells=())

    with pytest.raises(ParameterError, match="none of its cells is tagged 'parameters'"):
        Signature.of(notebook).parse([("n", "1")])


def test_an_empty_parameters_cell_takes_none() -> None:
    """A cell that assigns nothing accepts nothing."""
    with pytest.raises(ParameterError, match="cell assigns nothing"):
        _signature("# nothing yet").parse([("n", "1")])


def test_no_values_are_always_accepted() -> None:
    """Every default stays."""
    assert Signature.of(Notebook(name="work.ipynb", cells=())).parse([]) == {}
    assert _signature("n: int = 1").check({}) == {}


def test_an_unknown_type_refuses_values_but_not_the_notebook() -> None:
    """A parameter that cannot be given from outside does not hinder the others."""
    signature = _signature("field: np.ndarray = make()\nn: int = 1")

    assert signature.parse([("n", "2")]) == {"n": 2}
    with pytest.raises(ParameterError, match=r"accepts no value from outside the notebook \(np\.ndarray"):
        signature.parse([("field", "1")])


def test_a_syntax_error_in_the_cell_is_told_with_its_line() -> None:
    """The author finds the place."""
    with pytest.raises(
        NotebookError, match=r"Cell 1 of 'work\.ipynb' has a syntax error in line 2, 'n: int = ='"
    ):
        _signature("x = 1\nn: int = =")


def test_a_long_value_is_shortened_in_the_message() -> None:
    """A pasted file does not flood the terminal."""
    with pytest.raises(ParameterError) as refusal:
        _signature("n: int = 1").parse([("n", "x" * 10_000)])

    assert len(str(refusal.value)) < 200
