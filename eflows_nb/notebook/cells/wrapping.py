"""Values with functions and classes of the notebook in them, which find the names of wherever they arrive."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from eflows_nb.engine.packing import SCALARS, load
from eflows_nb.notebook.cells.fingerprint import is_of_notebook
from eflows_nb.notebook.cells.shipping import (
    HoldsMoreError,
    Shipment,
    arriving_in,
    is_home_known,
    lost_functions_arrived,
    nobodys_names,
)

__all__ = ["Wrapped", "brought_home", "wrapped"]


class Wrapped:
    """A value with functions or classes of the notebook in it; where it is unpickled it is that value.

    Parameters
    ----------
    pickled
        Made by a `Shipment`.
    aside
        The large buffers that belong to it.
    spare
        Pickles of what its functions use, for places that do not know these names.
    replaces
        Whether it takes the place of what is known of a class where it arrives.
    """

    __slots__ = ("_aside", "_pickled", "_replaces", "_spare")

    def __init__(
        self,
        pickled: bytes,
        aside: Sequence[pickle.PickleBuffer] = (),
        *,
        spare: Mapping[str, bytes] = MappingProxyType({}),
        replaces: bool = True,
    ) -> None:
        self._pickled = pickled
        self._aside = aside
        self._spare = spare
        self._replaces = replaces

    def __reduce__(self) -> tuple[Any, ...]:
        return _unwrapped, (self._pickled, dict(self._spare), self._replaces, *self._aside)


def wrapped(value: Any, home: Mapping[str, Any]) -> Any:
    """Return what is to be sent in the place of a value: itself, if no function of the notebook is in it.

    Functions within lists, instances of classes and other values then find the names of wherever they
    arrive, too.

    Raises
    ------
    Exception
        Whatever pickling the value raises.
    """
    is_definition = is_of_notebook(value)
    if not is_definition and _is_plain(value):
        return value
    aside: list[pickle.PickleBuffer] = []
    shipment = Shipment(home, aside=aside, writable=True)
    try:
        pickled = shipment.packed(value)
    except HoldsMoreError:
        return value
    if not is_definition and not shipment.has_functions:
        return value
    return Wrapped(pickled, aside, spare=_spare(shipment.used, home), replaces=is_definition)


def _spare(used: Iterable[str], home: Mapping[str, Any]) -> dict[str, bytes]:
    """Return pickles of these names, and of what functions among them use."""
    spare: dict[str, bytes] = {}
    waiting = sorted(used)
    while waiting:
        name = waiting.pop(0)
        if name in spare or name not in home:
            continue
        shipment = Shipment(home, whole=True)
        with suppress(Exception):  # what cannot be sent is missed where it is used
            spare[name] = shipment.packed(home[name])
            waiting += sorted(shipment.used)
    return spare


def _is_plain(value: Any) -> bool:
    """Return whether plain pickle can do a value, and nothing of the notebook is in it."""
    try:
        return b"__main__" not in pickle.dumps(value, 5, buffer_callback=lambda _: False)
    except Exception:  # noqa: BLE001 - pickle raises what it likes; cloudpickle has the last word
        return False


def _unwrapped(pickled: bytes, spare: Mapping[str, bytes], replaces: bool, *aside: Any) -> Any:
    if not is_home_known():
        names = nobodys_names()
        with arriving_in(names):
            names.update({name: pickle.loads(value) for name, value in spare.items()})
            return _unwrapped(pickled, spare, replaces, *aside)
    return pickle.loads(pickled, buffers=aside) if replaces else load(pickled, aside)


def brought_home(values: Mapping[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """Return values; functions in them that arrived without a home get these names as their globals.

    Names that they use, and that are not there, are added as they were where the functions come from.
    """
    if not lost_functions_arrived():
        return dict(values)
    return {name: _at_home(value, names, values) for name, value in values.items()}


def _at_home(value: Any, names: dict[str, Any], coming: Mapping[str, Any]) -> Any:
    if type(value) in SCALARS or (not is_of_notebook(value) and _is_plain(value)):
        return value
    aside: list[pickle.PickleBuffer] = []
    shipment = Shipment({}, aside=aside)
    try:
        pickled = shipment.packed(value)
    except Exception:  # noqa: BLE001 - it stays as it has come
        return value
    if not shipment.lost:
        return value
    for origin in shipment.lost:
        for name in shipment.used & origin.keys() - names.keys() - coming.keys():
            names[name] = origin[name]
            names[name] = _at_home(origin[name], names, coming)
    with arriving_in(names):
        return pickle.loads(pickled, buffers=aside)
