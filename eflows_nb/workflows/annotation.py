"""From the annotation of a parameter, or its default, to the type of its values."""

from __future__ import annotations

import ast

from eflows_nb.workflows.container_types import Dictionary, Either, Listing
from eflows_nb.workflows.scalar_types import (
    Anything,
    Boolean,
    Choice,
    Integer,
    Location,
    Nothing,
    Real,
    Text,
    Unsupported,
    ValueType,
)

__all__ = ["named_after", "type_named"]

_SIMPLE: dict[str, ValueType] = {
    "int": Integer(),
    "float": Real(),
    "bool": Boolean(),
    "str": Text(),
    "Path": Location(),
    "PurePath": Location(),
    "PathLike": Location(),
    "None": Nothing(),
    "Any": Anything(),
    "object": Anything(),
    "list": Listing(Anything()),
    "tuple": Listing(Anything()),
    "dict": Dictionary(Anything()),
}
_LISTS = frozenset({"list", "sequence", "iterable", "collection"})
_DICTIONARIES = frozenset({"dict", "mapping"})
_WRAPPERS = frozenset({"Annotated", "Final", "Required"})


def type_named(annotation: str) -> ValueType:
    """Return the type that an annotation names.

    Parameters
    ----------
    annotation
        What stands after the colon. Names count by their last part, so ``typing.List[int]``,
        ``list[int]`` and ``"list[int]"`` are the same.

    Examples
    --------
    >>> type_named("int | None").accepts
    'a whole number or None'
    """
    try:
        return _typed(ast.parse(annotation, mode="eval").body)
    except (SyntaxError, ValueError):
        return Unsupported(annotation)


def named_after(default: ast.expr) -> str:
    """Return the name of the type of a default value, as its annotation would give it.

    Parameters
    ----------
    default
        The expression after the equals sign. ``Any`` where it is no literal.

    Examples
    --------
    >>> named_after(ast.parse("[135, 165]", mode="eval").body)
    'list'
    """
    match default:
        case ast.Call(func=ast.Name() | ast.Attribute() as called) if _last_name(called) in _SIMPLE:
            return _last_name(called)
    try:
        value = ast.literal_eval(default)
    except (ValueError, TypeError):
        return "Any"
    name = type(value).__name__
    return name if name in _SIMPLE else "Any"


def _typed(annotation: ast.expr) -> ValueType:
    match annotation:
        case ast.Constant(value=None):
            return Nothing()
        case ast.Constant(value=str(text)):
            return type_named(text)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _either([_typed(left), _typed(right)])
        case ast.Subscript(value=head, slice=inside):
            return _subscripted(annotation, _last_name(head), _items(inside))
        case ast.Name() | ast.Attribute():
            name = _last_name(annotation)
            return _SIMPLE.get(name) or _SIMPLE.get(name.lower()) or Unsupported(ast.unparse(annotation))
        case _:
            return Unsupported(ast.unparse(annotation))


def _subscripted(annotation: ast.Subscript, name: str, items: list[ast.expr]) -> ValueType:
    unsupported = Unsupported(ast.unparse(annotation))
    if name == "Literal":
        options = tuple(item.value for item in items if isinstance(item, ast.Constant))
        scalar = all(option is None or isinstance(option, bool | int | str) for option in options)
        return Choice(options) if scalar and len(options) == len(items) else unsupported  # type: ignore[arg-type]
    if name == "Optional" and len(items) == 1:
        return _either([_typed(items[0]), Nothing()])
    if name == "Union":
        return _either([_typed(item) for item in items])
    if name in _WRAPPERS and items:
        return _typed(items[0])
    if name.lower() in _LISTS and len(items) == 1:
        return Listing(_typed(items[0]))
    if name.lower() in _DICTIONARIES and len(items) == 2 and isinstance(_typed(items[0]), Text):
        return Dictionary(_typed(items[1]))
    if name.lower() == "tuple":
        return _tuple(items) or unsupported
    return unsupported


def _tuple(items: list[ast.expr]) -> Listing | None:
    match items:
        case [item, ast.Constant(value=last)] if last is ...:
            return Listing(_typed(item))
    members = {_typed(item) for item in items}
    return Listing(members.pop(), len(items)) if len(members) == 1 else None


def _either(members: list[ValueType]) -> ValueType:
    flat: list[ValueType] = []
    for member in members:
        flat.extend(member.members if isinstance(member, Either) else [member])
    has_text = any(isinstance(member, Text | Location) for member in flat)
    return Either(
        tuple(
            Boolean(words=False) if isinstance(member, Boolean) and (has_text or len(flat) > 1) else member
            for member in dict.fromkeys(flat)
        )
    )


def _items(inside: ast.expr) -> list[ast.expr]:
    return list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]


def _last_name(expression: ast.expr) -> str:
    match expression:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case _:
            return ""
