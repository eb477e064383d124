"""What a value is, in a few words, from its pickle: nothing is imported, and no class of a user runs.

A pickle is read with stand-ins in the place of all classes and functions. So a value can be described while
the notebook runs, in another thread, and also where it could not be made: what makes it is never called.
"""

from __future__ import annotations

import datetime
import decimal
import fractions
import io
import pickle
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from eflows_nb.engine.packing import Packed

__all__ = ["TEXT_LIMIT", "Preview", "Referred", "preview_of", "read_pickle", "unpacked"]

TEXT_LIMIT = 160
"""Characters of the text of a value at most."""

_ITEMS = 6
_DEPTH = 4
_LARGEST = 1 << 18  # bytes of a pickle that is read

_PLAIN = {
    ("builtins", "complex"): complex,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "range"): range,
    ("builtins", "slice"): slice,
    ("datetime", "date"): datetime.date,
    ("datetime", "datetime"): datetime.datetime,
    ("datetime", "timedelta"): datetime.timedelta,
    ("decimal", "Decimal"): decimal.Decimal,
    ("fractions", "Fraction"): fractions.Fraction,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What is shown of a value.

    Parameters
    ----------
    kind
        Its type, or what is known in place of that.
    about
        Shape and type of elements, or length, or size; empty where there is none, or nobody knows.
    text
        The value, shortened to `TEXT_LIMIT` characters; empty where it is not here.
    """

    kind: str
    about: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Referred:
    """Where a pickle refers to a datum by its number."""

    datum: int


class _Made:
    """Takes the place of what a class or a function would have made."""

    of: tuple[str, str] = ("", "")

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Note what it would have been made of."""
        made = super().__new__(cls)
        made.args, made.kwargs, made.state, made.items = args, kwargs, None, []
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args: tuple[Any, ...]
        self.kwargs: dict[str, Any]
        self.state: Any
        self.items: list[Any]

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def append(self, item: Any) -> None:
        self.items.append(item)

    add = append

    def extend(self, items: Iterable[Any]) -> None:
        self.items.extend(items)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.items.append((key, value))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return type(self)(*args, **kwargs)


def _made_class(_kind: Any, name: str, *_: Any) -> Any:
    return _stand_in("__main__", name)


@lru_cache(maxsize=256)
def _stand_in(module: str, name: str) -> Any:
    return type("StandIn", (_Made,), {"of": (module, name)})


class _Reader(pickle.Unpickler):
    def __init__(self, head: bytes | memoryview, buffers: Sequence[Any], names: Mapping[int, str]) -> None:
        super().__init__(io.BytesIO(head), buffers=buffers)
        self._names = names

    def find_class(self, module: str, name: str) -> Any:
        if module == "eflows_nb.engine.store":
            return self._definition if name == "definition" else Referred
        if module == "cloudpickle.cloudpickle":
            if name in ("_make_skeleton_class", "_make_skeleton_enum"):
                return _made_class
            if name == "_class_setstate":
                return lambda made, _state: made
        return _PLAIN.get((module, name)) or _stand_in(module, name)

    def _definition(self, number: int) -> Any:
        return _stand_in("__main__", self._names.get(number, "a definition"))

    def persistent_load(self, _pid: Any) -> Any:
        return _stand_in("", "object")()


def read_pickle(
    head: bytes | memoryview, buffers: Sequence[Any] = (), names: Mapping[int, str] | None = None
) -> Any:
    """Return what a pickle consists of, with stand-ins for all that is not a plain value.

    Parameters
    ----------
    head, buffers
        The pickle, and what it has out of band.
    names
        Of the definitions of the notebook that it refers to by number.

    Raises
    ------
    ValueError
        When it is too large to be read for a preview, or is none.
    """
    if len(head) > _LARGEST:
        raise ValueError(f"a pickle of {len(head)} bytes is not read for a preview")
    try:
        return _Reader(head, buffers, names or {}).load()
    except Exception as error:
        raise ValueError(f"not a pickle that can be looked into: {error}") from error


def unpacked(packed: Packed) -> Any:
    """Return what a packed value consists of, as `read_pickle` does; its large buffers are not copied."""
    return read_pickle(packed.head, packed.buffers)


def preview_of(value: Any, known: Callable[[int], Preview] | None = None) -> Preview:
    """Describe a value of plain types and of what `read_pickle` has put in the place of others.

    Parameters
    ----------
    known
        Describes the datum that a pickle refers to by its number; None where nothing is known of any.
    """
    if type(value) is Referred and known is not None:
        return known(value.datum)
    if isinstance(value, type) and issubclass(value, _Made):
        return Preview(kind="type", text=_short(value.of[1]))
    if isinstance(value, _Made):
        array = _array(value)
        if array is not None:
            return array
        kind = _kind(value)
        return Preview(kind=kind, about=_length(value), text=_short(_text(value)))
    about = ""
    if isinstance(value, (str, bytes, bytearray, list, tuple, dict, set, frozenset, range)):
        about = f"length {len(value)}"
    return Preview(kind=type(value).__name__, about=about, text=_short(_text(value)))


def _kind(value: _Made) -> str:
    module, name = _class_of(value)
    top = module.partition(".")[0]
    return name if top in ("__main__", "builtins", "") else f"{top}.{name}"


def _class_of(value: _Made) -> tuple[str, str]:
    """Return module and name of the class that a value has, as far as its pickle tells."""
    module, name = value.of
    if (module, name) in (("copyreg", "_reconstructor"), ("copyreg", "__newobj__")) and value.args:
        made = value.args[0]
        return made.of if isinstance(made, type) and issubclass(made, _Made) else (module, name)
    if module == "cloudpickle.cloudpickle":
        return "", "function" if "function" in name else name
    return module, name


def _length(value: _Made) -> str:
    return f"length {len(value.items)}" if value.items else ""


def _short(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else f"{text[: TEXT_LIMIT - 1]}…"


def _text(value: Any, depth: int = _DEPTH) -> str:
    """Return a value as Python writes it, without what is too much."""
    kind = type(value)
    if kind in (str, bytes, bytearray):
        return repr(value[: TEXT_LIMIT + 1])
    if kind is int and value.bit_length() > 4096:
        return f"an integer of {value.bit_length()} bits"
    if kind in (int, float, bool, type(None)) or (kind in _PLAIN.values() and kind not in (set, frozenset)):
        return repr(value)
    if depth == 0:
        return "…"
    if kind in (list, tuple, set, frozenset):
        inside = _items((_text(item, depth - 1) for item in islice(value, _ITEMS)), len(value))
        begin, end = "[]" if kind is list else "()" if kind is tuple else "{}"
        return f"{begin}{inside}{',' if kind is tuple and len(value) == 1 else ''}{end}"
    if kind is dict:
        pairs = (f"{_text(k, depth - 1)}: {_text(v, depth - 1)}" for k, v in islice(value.items(), _ITEMS))
        return f"{{{_items(pairs, len(value))}}}"
    if kind is Referred:
        return f"<datum #{value.datum}>"
    if isinstance(value, type) and issubclass(value, _Made):
        return value.of[1]
    if isinstance(value, _Made):
        array = _array(value)
        if array is not None:
            return f"{array.kind.rpartition('.')[2]}({array.about or array.text})"
        fields = _fields(value, depth)
        return f"{_class_of(value)[1]}({fields})" if fields else _class_of(value)[1]
    return kind.__name__


def _items(texts: Iterable[str], count: int) -> str:
    return ", ".join([*texts, "…"] if count > _ITEMS else texts)


def _fields(value: _Made, depth: int) -> str:
    state = value.state
    if isinstance(state, tuple) and len(state) == 2 and all(isinstance(s, (dict, type(None))) for s in state):
        state = {**(state[0] or {}), **(state[1] or {})}  # of a class with slots
    if isinstance(state, dict):
        shown = {str(name): field for name, field in state.items() if not str(name).startswith("_")}
        named = islice(shown.items(), _ITEMS)
        return _items((f"{name}={_text(field, depth - 1)}" for name, field in named), len(shown))
    if value.items:
        return _text(value.items, depth - 1)
    if value.of[0].startswith(("cloudpickle", "eflows_nb.")) or not value.args:
        return ""
    return _items((_text(arg, depth - 1) for arg in value.args[:_ITEMS]), len(value.args))


# Arrays --------------------------------------------------------------------------------------------


def _array(value: _Made) -> Preview | None:
    """Describe an array or a number of NumPy; None for anything else."""
    if not value.of[0].startswith("numpy"):
        return None
    name, args = value.of[1], value.args
    if name == "_frombuffer" and len(args) >= 3:
        return _described(args[0], args[1], args[2])
    if name == "_reconstruct" and isinstance(value.state, tuple) and len(value.state) == 5:
        _, shape, kind, _, raw = value.state
        return _described(raw, kind, shape)
    if name == "scalar" and len(args) == 2:
        kind = _element(args[0])
        return Preview(kind=f"numpy.{kind}", text=_first(args[1], args[0], 1))
    if name == "dtype":
        return Preview(kind="numpy.dtype", text=_element(value))
    return None


def _described(raw: Any, kind: Any, shape: Any) -> Preview:
    dims = "×".join(map(str, shape)) if shape else "1 element, no dimension"
    first = _first(raw, kind, _ITEMS)
    total = 1
    for length in shape:
        total *= length
    return Preview(
        kind="numpy.ndarray",
        about=f"{dims} {_element(kind)}",
        text=_short(f"{first}{', …' if first and total > _ITEMS else ''}"),
    )


def _code(kind: Any) -> str:
    """Return the code of a type of elements, as NumPy reads it; empty for one of several fields."""
    if not isinstance(kind, _Made) or not kind.args or not isinstance(kind.args[0], str):
        return ""
    order = kind.state[1] if isinstance(kind.state, tuple) and len(kind.state) > 1 else ""
    return f"{order if order in ('<', '>') else ''}{kind.args[0]}"


def _element(kind: Any) -> str:
    """Return the name of a type of elements: float64."""
    code, numpy = _code(kind), sys.modules.get("numpy")
    if not code or numpy is None:
        return code
    try:
        return str(numpy.dtype(code).name)
    except TypeError:
        return code


def _first(raw: Any, kind: Any, count: int) -> str:
    """Return the first elements, where they are numbers and their bytes are here."""
    code, numpy = _code(kind), sys.modules.get("numpy")
    if numpy is None or code.lstrip("<>")[:1] not in ("f", "i", "u", "b", "c"):
        return ""
    try:
        data = memoryview(raw).cast("B")
        width = numpy.dtype(code).itemsize
        values = numpy.frombuffer(bytes(data[: count * width]), code)
    except (TypeError, ValueError):
        return ""
    return ", ".join(f"{value:.6g}" if value.dtype.kind == "f" else str(value) for value in values)
