"""The arguments of a call as they are at submission: a pickle, the data that it refers to, and versions.

A task sees its arguments as they were when it was submitted. What a task writes becomes a new version, which
later tasks read in place of the object that was passed.
"""

from __future__ import annotations

import io
import pickle
import sys
import threading
import types
import warnings
import weakref
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from eflows_nb.engine import store
from eflows_nb.engine.messages import Payload
from eflows_nb.engine.packing import INLINE, SCALARS, Packed, pack
from eflows_nb.errors import ClusterError
from eflows_nb.runtime import containers
from eflows_nb.runtime.code_digest import digest_of_function
from eflows_nb.runtime.future import Future, Reference, pickling
from eflows_nb.tasks.data import PENDING, Broken, Datum
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.task import FunctionCode

__all__ = ["Arguments", "StaleArgumentWarning", "UnsendableError", "level_of_caller"]


Packing = tuple[Payload, tuple[Datum, ...], tuple[FunctionCode, ...]]

_References = dict[int, Reference]

_FLAT = SCALARS | {Future}

_LOOKED_AT = 16_000_000
"""Bytes of an object up to which it is compared with what it was when somebody waits for it."""


class StaleArgumentWarning(UserWarning):
    """An argument was changed here while a task still writes to it; one of the two changes is lost."""


class UnsendableError(TypeError):
    """An argument cannot be pickled.

    Parameters
    ----------
    place
        Its position or name in the call.
    """

    def __init__(self, text: str, place: int | str) -> None:
        super().__init__(text)
        self.place = place


class _Known:
    """What is known of an object that was passed to a task before.

    A list or a dict cannot be referenced weakly. It is held, and let go when nobody else has it.
    """

    __slots__ = ("_strong", "_weak", "datum", "digest", "unsynchronised", "written")

    def __init__(self, value: Any, datum: Datum, digest: int, known: dict[int, _Known]) -> None:
        self.datum = datum
        self.digest = digest
        self.written = False
        self.unsynchronised = False
        try:
            self._weak: Any = weakref.ref(value, partial(known.pop, id(value)))
            self._strong: Any = None
        except TypeError:
            self._weak = None
            self._strong = value

    def is_for(self, value: Any) -> bool:
        return (self._weak() if self._weak is not None else self._strong) is value

    @property
    def can_wait(self) -> bool:
        """Whether it is forgotten with the object, without being looked for."""
        return self._weak is not None

    @property
    def alone(self) -> bool:
        return self._strong is not None and sys.getrefcount(self._strong) <= _ALONE

    def write(self, datum: Datum) -> None:
        self.datum = datum
        self.written = self.unsynchronised = True


def _references_when_alone() -> int:
    holder = [[0]]
    return sys.getrefcount(holder[0])


_ALONE = _references_when_alone()
_SWEEP = 64
_APART = 1 << 20  # an array in a container that has so many bytes is shared by itself, and remembered


class Arguments:
    """Makes payloads of arguments, and remembers which objects tasks write to.

    Parameters
    ----------
    freeze
        Makes a datum of a packed value; copies or shares its buffers.
    define
        Gives the code of a class or function of the notebook that arguments refer to.
    """

    def __init__(self, freeze: Callable[[Packed], Datum], define: Callable[[Any], FunctionCode]) -> None:
        self._freeze = freeze
        self._define = define
        self._known: dict[int, _Known] = {}  # entries go at any time, in any thread
        self._lock = threading.RLock()  # a finalizer of the user's may come here while it is held
        self._sweep_at = _SWEEP
        self._versions = False  # whether a task writes to any of those that are known
        self._settled = 0
        self._before: weakref.WeakKeyDictionary[Datum, Datum] | None = None

    def pack(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        writes: Sequence[tuple[int | str, Direction]] = (),
    ) -> Packing:
        """Return the payload of a call, the data that it refers to, and the definitions.

        Raises
        ------
        TypeError
            When an argument cannot be pickled; the text names it.
        """
        if not (kwargs or writes) and SCALARS.issuperset(map(type, args)):
            return args, (), ()
        if self._known or self._versions or writes:
            args, kwargs = self._replace(args, kwargs, dict(writes))
        if not kwargs and _FLAT.issuperset(map(type, args)) and (flat := _pack_flat(args)) is not None:
            return flat
        return self._pack_as_one(args, kwargs)

    def pack_as_one(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        writes: Sequence[tuple[int | str, Direction]] = (),
    ) -> tuple[bytes, tuple[Datum, ...], tuple[FunctionCode, ...]]:
        """Return the same as `pack`, and all of the payload in one pickle."""
        if self._known or self._versions or writes:
            args, kwargs = self._replace(args, kwargs, dict(writes))
        return self._pack_as_one(args, kwargs)

    def _pack_as_one(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[bytes, tuple[Datum, ...], tuple[FunctionCode, ...]]:
        found: list[Datum] = []
        pickling.found = found
        try:
            head = pickle.dumps((args, kwargs), 5, buffer_callback=_refuse_large)
        except Exception:  # noqa: BLE001 - what plain pickle cannot do is done below, or its error is told there
            head = None
        finally:
            pickling.found = None
        if head is not None and b"__main__" not in head:
            return head, tuple(dict.fromkeys(found)) if found else (), ()
        with suppress(Exception):  # what is large, or does not even have a definition, is done below
            if pickling.names is not None:
                return _pack_for_a_name(args, kwargs), (), ()
            if head is not None:
                return self._pack_with_definitions(args, kwargs)
        return (*self._pack_by_value(args, kwargs), ())

    def pack_private(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        writes: Sequence[tuple[int | str, Direction]] = (),
    ) -> Packing:
        """Return the same as `pack`, for a task that gets copies of all that is large."""
        pickling.private = True
        try:
            return self.pack_as_one(args, kwargs, writes)
        finally:
            pickling.private = False

    def _pack_with_definitions(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[bytes, tuple[Datum, ...], tuple[FunctionCode, ...]]:
        """Pack arguments that refer to classes of the notebook; engines get those once."""
        found: list[Datum] = []
        file = io.BytesIO()
        pickler = _DefinitionPickler(file, self._define)
        pickling.found = found
        try:
            pickler.dump((args, kwargs))
        finally:
            pickling.found = None
        return file.getvalue(), tuple(dict.fromkeys(found)), tuple(dict.fromkeys(pickler.definitions))

    def _pack_by_value(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[bytes, tuple[Datum, ...]]:
        """Pack arguments that are large, or that plain pickle cannot pack."""
        given = {id(value) for value in (*args, *kwargs.values())}

        def apart(array: Any) -> Reference | None:
            """Let a large array have a datum of its own, also where it is part of something else."""
            if array.nbytes < (INLINE if id(array) in given else _APART) or not array.flags.forc:
                return None
            packed, _ = _pack(array)
            return Reference(self._datum_of(array, packed)) if packed.buffers else None

        try:
            packed, found = _pack((args, kwargs), instead=apart)
        except TypeError as error:
            raise _unsendable(args, kwargs, error) from error.__cause__
        if packed.buffers:
            args = tuple(self._freeze_if_large(value, apart) for value in args)
            kwargs = {name: self._freeze_if_large(value, apart) for name, value in kwargs.items()}
            packed, found = _pack((args, kwargs), in_band=True, instead=apart)
        return packed.head, tuple(dict.fromkeys(found))

    def _replace(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], writes: Mapping[int | str, Direction]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Put the newest versions in the place of objects that tasks write or have written.

        What is given several times and written is one object for the task, as it is for the caller.
        """
        if self._versions and not self._known:
            with self._lock:  # another thread may write just now
                self._versions = bool(self._known)
        references: _References = {}
        if not writes:
            newest = {name: self._newest(value, None, references) for name, value in kwargs.items()}
            return tuple(self._newest(value, None, references) for value in args), newest
        written: dict[int, Any] = {}
        for place, direction in writes.items():
            value = args[place] if isinstance(place, int) else kwargs[place]
            if id(value) not in written or direction is not Direction.OUT:
                written[id(value)] = self._newest(value, direction, references)

        def show(value: Any) -> Any:
            return written[id(value)] if id(value) in written else self._newest(value, None, references)

        return tuple(map(show, args)), {name: show(value) for name, value in kwargs.items()}

    @property
    def keeps_versions(self) -> bool:
        """Whether `keep_versions` was called."""
        return self._before is not None

    def keep_versions(self) -> None:
        """From now on tasks may be given up on purpose: what they would have written is as it was before."""
        if self._before is None:
            self._before = weakref.WeakKeyDictionary()

    def living(self, value: Any) -> Datum | None:
        """Return the datum of an object or future, an older one where the newest was given up on purpose.

        None says that the object itself is what there is.
        """
        if type(value) is Future:
            value.datum = self._living(value.datum) or value.datum
            return value.datum
        known = self._known.get(id(value))
        if known is None or not known.is_for(value) or not known.written:
            return None
        datum = self._living(known.datum)
        if datum is None:
            self._known.pop(id(value), None)
            return None
        known.datum = datum
        return datum

    def current(self, value: Any) -> Datum | None:
        """Return what an object or a future stands for now, None for an object that is what it is.

        Once the program knows that the newest version was given up on purpose, it is an older one.
        """
        newest = value.datum if type(value) is Future else self.written(value)
        if self._before is None or newest is None or newest.number > self._settled:
            return newest
        return self.living(value)

    def settle(self, number: int) -> None:
        """All tasks up to this number have ended, and the program knows it."""
        self._settled = number

    def _living(self, datum: Datum | None) -> Datum | None:
        while datum is not None and type(datum.value) is Broken and datum.value.is_expected:
            datum = self._before.get(datum) if self._before is not None else None
        return datum

    def newest(self, value: Any, direction: Direction) -> Any:
        """Return what takes the place of an argument: its newest version, or the value itself."""
        return self._newest(value, direction if direction.writes else None, {})

    def forget(self, value: Any) -> None:
        """Nobody will pass this object again: let go of its versions."""
        known = self._known.get(id(value))
        if known is not None and known.is_for(value):
            self._known.pop(id(value), None)

    def _newest(self, value: Any, direction: Direction | None, references: _References) -> Any:
        if self._before is not None and type(value) not in SCALARS:
            self.current(value)
        if type(value) is Future:
            return value if direction is None else _refer(value.datum, references, writable=True)
        if type(value) in SCALARS:
            return value
        known = self._known.get(id(value))
        if known is not None and known.is_for(value) and known.written and direction is not Direction.OUT:
            if self._changed_here(value, known):
                self._known.pop(id(value), None)
            else:
                return _refer(known.datum, references, writable=direction is not None)
        if self._versions and direction is not Direction.OUT:
            value = self._with_newest(value, references, writable=direction is not None)
        if direction is None:
            return value
        packed, found = _pack(value)
        if found:
            return self._with_writable(value, references)
        if not packed.buffers:
            return value
        packed, _ = _pack(value)  # again: a Dataset without attributes gets empty ones by being packed
        return Reference(self._datum_of(value, packed), writable=True)

    def _with_newest(self, value: Any, references: _References, *, writable: bool) -> Any:
        """Return a container with the newest versions in the place of objects that tasks have written to."""
        found: list[Datum] = []
        containers.collect(value, self.written, found)
        if not found:
            return value
        direction = Direction.INOUT if writable else None
        return containers.replace(
            value, self.written, lambda item, _: self._newest(item, direction, references)
        )

    def _with_writable(self, value: Any, references: _References) -> Any:
        """Return a container in which a task may write to results, and to what is shared by itself."""

        def datum_of(item: Any) -> Datum | None:
            if type(item) is Future:
                return item.datum if item.is_own else None
            if getattr(item, "nbytes", 0) < _APART or type(item).__name__ != "ndarray":
                return None
            packed, found = _pack(item)
            return self._datum_of(item, packed) if packed.buffers and not found else None

        return containers.replace(value, datum_of, lambda _, datum: _refer(datum, references, writable=True))

    def _changed_here(self, value: Any, known: _Known) -> bool:
        changed = _digest(_pack(value)[0]) != known.digest
        if changed and known.unsynchronised:
            warnings.warn(
                f"A {type(value).__name__} was changed here while a task that writes to it was not waited "
                "for. Later tasks see the change made here, not what the task wrote. Call ef.wait_on first.",
                StaleArgumentWarning,
                stacklevel=level_of_caller(),
            )
        return changed

    def _freeze_if_large(self, value: Any, apart: Callable[[Any], Any]) -> Any:
        """Return a reference to what is large without the arrays that go apart, and has no future in it."""
        if type(value) in SCALARS or type(value) in (Future, Reference):
            return value
        packed, found = _pack(value, instead=apart)
        if found and sum(buffer.nbytes for buffer in packed.buffers) >= _APART:
            packed, found = _pack(value)  # many small ones with a large one: they are better off together
        if found or not packed.buffers:
            return value
        return Reference(self._datum_of(value, packed))

    def _datum_of(self, value: Any, packed: Packed) -> Datum:
        """Return the datum of an object's present content, the one from before if it has not changed."""
        digest = _digest(packed)
        known = self._known.get(id(value))
        if known is not None and known.is_for(value) and known.digest == digest and not known.written:
            return known.datum
        datum = self._freeze(packed)
        known = _Known(value, datum, digest, self._known)
        if known.can_wait:
            self._known[id(value)] = known
        return datum

    def digest(self, value: Any) -> int:
        """Return what `write` wants to know of an object's content; only finding that out can fail.

        Raises
        ------
        TypeError
            When it cannot be pickled.
        """
        if type(value) is Future or type(value) in SCALARS:
            return 0
        known = self._known.get(id(value))
        return 0 if known is not None and known.is_for(value) else _digest(_pack(value)[0])

    def write(self, value: Any, datum: Datum, digest: int | None = None) -> None:
        """A task writes to this argument: from now on this datum is its newest version.

        Parameters
        ----------
        digest
            What `digest` has returned, None to find it out now.
        """
        older = value.datum if type(value) is Future else self.written(value)
        if self._before is not None and older is not None:
            if older.value is not PENDING and type(older.value) is not Broken:
                self._before.pop(older, None)  # what came before a good version is never needed
            self._before[datum] = older
        if type(value) is Future:
            value.datum = datum
            return
        if type(value) in SCALARS:
            return  # equal ones cannot be told apart
        known = self._known.get(id(value))
        if len(self._known) >= self._sweep_at:
            self._sweep()
        if known is None or not known.is_for(value):
            known = _Known(value, datum, self.digest(value) if digest is None else digest, self._known)
        with self._lock:
            known.write(datum)
            self._known[id(value)] = known
            self._versions = True

    def _sweep(self) -> None:
        """Forget objects that nobody has any more: they cannot be passed or waited for again."""
        with self._lock:  # of two threads that drop the same one the second might drop its successor
            for key in list(self._known):
                known = self._known.get(key)
                if known is not None and known.alone:
                    self._known.pop(key, None)
            self._sweep_at = 2 * len(self._known) + _SWEEP

    def written(self, value: Any) -> Datum | None:
        """Return the newest version of an object that tasks have written to, None if none has."""
        known = self._known.get(id(value))
        return known.datum if known is not None and known.is_for(value) and known.written else None

    def synchronised(self, value: Any) -> None:
        """The newest version of an object has been brought to the user."""
        known = self._known.get(id(value))
        if known is not None and known.is_for(value):
            if known.unsynchronised and known.digest >> 32 <= _LOOKED_AT:
                self._warn_of_lost_change(value, known)
            known.unsynchronised = False

    def _warn_of_lost_change(self, value: Any, known: _Known) -> None:
        try:
            changed = _digest(_pack(value)[0]) != known.digest
        except TypeError:
            changed = True  # what cannot be sent is in it now
        if changed:
            warnings.warn(
                f"A {type(value).__name__} was changed here after it was passed to a task that writes to it. "
                "What is returned now is what the task made, without that change. Wait first, then change.",
                StaleArgumentWarning,
                stacklevel=level_of_caller(),
            )

    def put(self, value: Any) -> Datum:
        """Return a datum with the present content of a value.

        Raises
        ------
        TypeError
            When it cannot be pickled, or is or holds a future.
        """
        packed, found = _pack(value)
        if found:
            raise TypeError(
                "ef.put freezes a value, and a future has none yet. "
                "Wait for it first, or pass it to tasks as it is."
            )
        return self._freeze(packed)


def _refer(datum: Datum, references: _References, *, writable: bool) -> Reference:
    """Return the one reference to a datum of a call: what is given several times is one object."""
    known = references.get(datum.number)
    if known is None:
        known = references[datum.number] = Reference(datum)
    known.writable |= writable
    return known


class _DefinitionPickler(pickle.Pickler):
    """Refers to classes and functions of the notebook by number."""

    def __init__(self, file: io.BytesIO, define: Callable[[Any], FunctionCode]) -> None:
        super().__init__(file, 5, buffer_callback=_refuse_large)
        self._define = define
        self.definitions: list[FunctionCode] = []

    def reducer_override(self, thing: Any) -> Any:
        """Replace what plain pickle would look for in the engine's main module."""
        if isinstance(thing, (type, types.FunctionType)) and thing.__module__ == "__main__":
            code = self._define(thing)
            self.definitions.append(code)
            return store.definition, (code.number,)
        return NotImplemented


class _NamingPickler(pickle.Pickler):
    """Puts what classes and functions of the notebook consist of in their place."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, 5, buffer_callback=_refuse_large)

    def reducer_override(self, thing: Any) -> Any:
        """Replace what is told apart by its code, and not by where it is found."""
        if isinstance(thing, (type, types.FunctionType)) and thing.__module__ == "__main__":
            return bytes, (digest_of_function(thing),)
        return NotImplemented


def _pack_for_a_name(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """Pack arguments that refer to classes of the notebook, the same way in each session."""
    file = io.BytesIO()
    pickler = _NamingPickler(file)
    pickling.found = []
    try:
        pickler.dump((args, kwargs))
    finally:
        pickling.found = None
    return file.getvalue()


def _pack_flat(args: tuple[Any, ...]) -> Packing | None:
    """Return what `Arguments.pack` does for futures and scalars alone; None when a future is not our own."""
    payload: list[Any] = list(args)
    places: list[int] = []
    data: list[Datum] = []
    for place, value in enumerate(args):
        if type(value) is Future:
            if not value.is_own:
                return None
            datum = value.datum
            places.append(place)
            data.append(datum)
            payload[place] = datum.number
    payload.append(tuple(places))
    return payload, tuple(data) if len(data) == 1 else tuple(dict.fromkeys(data)), ()


def level_of_caller() -> int:
    """Return how many frames above its caller the first one is that does not belong to this package."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("eflows_nb."):
        frame = frame.f_back
        level += 1
    return level


def _refuse_large(buffer: pickle.PickleBuffer) -> bool:
    if buffer.raw().nbytes >= INLINE:
        raise ValueError
    return True


def _pack(
    value: Any, *, in_band: bool = False, instead: Callable[[Any], Any] | None = None
) -> tuple[Packed, list[Datum]]:
    found: list[Datum] = []
    before, pickling.found = pickling.found, found
    try:
        return pack(value, in_band=in_band, instead=instead), found
    except ClusterError:  # there is no room for an array in it
        raise
    except Exception as error:
        raise TypeError(f"An argument cannot be sent to a task: {error}") from error
    finally:
        pickling.found = before


def _unsendable(args: tuple[Any, ...], kwargs: dict[str, Any], error: TypeError) -> TypeError:
    """Return the error of a call with the place of the argument that is the reason, where it is one alone."""
    given: list[tuple[int | str, Any]] = [*enumerate(args), *kwargs.items()]
    for place, value in given:
        try:
            _pack(value)
        except TypeError as reason:
            return UnsendableError(str(reason), place)
    return error


def _digest(packed: Packed) -> int:
    digest = zlib.crc32(packed.head)
    for buffer in packed.buffers:
        digest = zlib.crc32(buffer, digest)
    return digest ^ (packed.size << 32)
