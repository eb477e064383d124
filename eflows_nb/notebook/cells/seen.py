"""What a user sees of values of well-known libraries: their values and metadata, without what they cache."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

__all__ = ["seen"]


def seen(thing: Any, lazy: set[int]) -> Any:
    """Return what a user sees of a value, None for one of a kind that is not known here.

    Parameters
    ----------
    lazy
        Identities of arrays that were not loaded when they were first met; loading them is no change, and
        their values are passed over. What is met now is added.
    """
    kind: Any = type(thing)
    reader = _reader(kind)
    return reader(thing, lazy) if reader is not None else None


@functools.cache
def _reader(kind: type) -> Callable[[Any, set[int]], Any] | None:
    for parent in kind.__mro__:
        found = _READERS.get((parent.__module__.partition(".")[0], parent.__name__))
        if found is not None:
            return found
    return None


def _dataset(thing: Any, lazy: set[int]) -> Any:
    return dict(thing.variables), sorted(map(str, thing.coords)), thing.attrs, thing.encoding


def _data_array(thing: Any, lazy: set[int]) -> Any:
    return thing.name, thing.variable, {name: one.variable for name, one in thing.coords.items()}


def _variable(thing: Any, lazy: set[int]) -> Any:
    about = thing.dims, str(thing.dtype), thing.shape, thing.attrs, thing.encoding
    data = thing._data
    if id(thing) in lazy:
        return about
    if thing._in_memory:
        return *about, thing.values
    if type(data).__module__.startswith("xarray."):
        lazy.add(id(thing))
        return about
    # A dask array is known by its name, which tells what it computes.
    return *about, data.name if hasattr(data, "__dask_graph__") else data


def _frame(thing: Any, lazy: set[int]) -> Any:
    columns = [thing.iloc[:, place].values for place in range(thing.shape[1])]
    more = {name: getattr(thing, name, None) for name in thing._metadata}
    return thing.columns, thing.index, columns, thing.attrs, more


def _series(thing: Any, lazy: set[int]) -> Any:
    more = {name: getattr(thing, name, None) for name in thing._metadata if name not in ("_name", "name")}
    return thing.name, thing.index, thing.values, thing.attrs, more


def _sparse(thing: Any, lazy: set[int]) -> Any:
    """Return the entries in order: routines sort and add up those of their inputs."""
    if thing.format not in ("csr", "csc", "bsr", "coo"):
        return None
    if not thing.has_canonical_format:
        thing = thing.copy()
        thing.sum_duplicates()
    parts = [thing.coords] if thing.format == "coo" else [thing.indices, thing.indptr]
    return thing.shape, thing.format, thing.data, *parts


def _figure(thing: Any, lazy: set[int]) -> Any:
    about = [type(thing), thing.get_size_inches().tolist(), thing.get_facecolor(), thing.get_suptitle()]
    return *about, [_axes(one, lazy) for one in thing.axes], [text.get_text() for text in thing.texts]


def _axes(thing: Any, lazy: set[int]) -> Any:
    texts = [thing.get_title(loc) for loc in ("left", "center", "right")]
    axes = [(one.get_label_text(), one.get_scale()) for one in (thing.xaxis, thing.yaxis)]
    limits = [*map(float, (*thing.get_xlim(), *thing.get_ylim()))]
    legend = thing.get_legend()
    named = [text.get_text() for text in legend.get_texts()] if legend is not None else None
    return texts, axes, limits, named, [_artist(one, lazy) for one in thing._children]


def _artist(thing: Any, lazy: set[int]) -> Any:
    about = [type(thing).__name__, str(thing.get_label()), thing.get_visible(), thing.get_alpha()]
    for name in ("get_xydata", "get_array", "get_offsets", "get_text", "get_position", "get_color"):
        read = getattr(thing, name, None)
        about.append(read() if read is not None else None)
    return about


_READERS: dict[tuple[str, str], Callable[[Any, set[int]], Any]] = {
    ("xarray", "Dataset"): _dataset,
    ("xarray", "DataArray"): _data_array,
    ("xarray", "Variable"): _variable,
    ("pandas", "DataFrame"): _frame,
    ("pandas", "Series"): _series,
    ("scipy", "_spbase"): _sparse,
    ("matplotlib", "Figure"): _figure,
    ("matplotlib", "Axes"): _axes,
    ("matplotlib", "Artist"): _artist,
}
"""How to read a kind of value, by the package and name of its class."""
