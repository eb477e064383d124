"""The code of task functions, pickled once for each state that it is found in."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections import OrderedDict
from typing import Any

import cloudpickle

from eflows_nb.engine.imports import Imports
from eflows_nb.engine.packing import dumps_by_value
from eflows_nb.errors import TaskDefinitionError
from eflows_nb.runtime.modules import LocalModules
from eflows_nb.runtime.surroundings import Surroundings
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.policy import Policy
from eflows_nb.tasks.task import FunctionCode

__all__ = ["FunctionTable"]


class FunctionTable:
    """Numbers the code of task functions.

    A function travels with what it uses. When that has changed since the last call, the function is pickled
    again, so that a redefined helper or another value of a global name is seen. What it was before is kept
    for as long as a task has it, to run again, and the latest ones for some time.
    """

    def __init__(self) -> None:
        self._codes: weakref.WeakValueDictionary[_Key, FunctionCode] = weakref.WeakValueDictionary()
        self._recent = _Recent()
        self._numbers = itertools.count()
        self._lock = threading.RLock()  # a finalizer of the user's may come here while it is held
        self._modules = LocalModules()
        self._known: dict[int, _Known] = {}
        self._definitions: dict[int, _Known] = {}

    def code(self, function: TaskFunction[Any, Any]) -> FunctionCode:
        """Return the code of a function as it is now.

        Raises
        ------
        TaskDefinitionError
            When the function refers to something that cannot be pickled.
        """
        known = self._known.get(id(function))
        if known is not None and known.thing() is function and known.surroundings.are_as_before():
            known.code.original = function.function  # another function may have the same code
            return known.code
        try:
            pickled = dumps_by_value(function.function)
        except Exception as error:
            raise TaskDefinitionError(
                f"The task function '{function.name}' cannot be sent to engines: {error}. "
                "It may use a global name that refers to an open file, a lock, a connection or the like; "
                "make that inside the function, or pass it as an argument."
            ) from error
        with self._lock:
            imports = self._modules.imports()
            key = (pickled, function.policy, imports)
            code = self._codes.get(key)
            if code is None:
                code = FunctionCode(next(self._numbers), function.name, pickled, function.policy)
                code.imports = imports
                self._codes[key] = code
            self._recent.note(code)
        code.original = function.function
        self._known[id(function)] = _Known(function, function.function, code, self._known)
        return code

    def definition(self, thing: Any) -> FunctionCode:
        """Return the code of a class or plain function of the notebook that arguments refer to.

        Engines get it once. It is a new one when the notebook defines it, or what it uses, anew.
        """
        known = self._definitions.get(id(thing))
        if known is not None and known.thing() is thing and known.surroundings.are_as_before():
            return known.code
        pickled = dumps_by_value(thing)
        with self._lock:
            code = _Definition(next(self._numbers), thing.__qualname__, pickled, original=thing)
            code.imports = self._modules.imports()
        self._definitions[id(thing)] = _Known(thing, thing, code, self._definitions)
        return code


_Key = tuple[bytes, Policy, Imports]


class _Definition(FunctionCode):
    """The code of a class or function of the notebook, which is not kept alive by it."""

    __slots__ = ("_thing",)

    @property
    def original(self) -> Any:
        thing = self._thing()
        return cloudpickle.loads(self.pickled) if thing is None else thing

    @original.setter
    def original(self, thing: Any) -> None:
        self._thing = weakref.ref(thing)


class _Recent:
    """Keeps the latest codes, so that a function which is made anew again and again stays known."""

    COUNT = 256
    BYTES = 8 << 20

    def __init__(self) -> None:
        self._codes: OrderedDict[int, FunctionCode] = OrderedDict()
        self._size = 0

    def note(self, code: FunctionCode) -> None:
        if code.number in self._codes:
            self._codes.move_to_end(code.number)
            return
        self._codes[code.number] = code
        self._size += len(code.pickled)
        while self._size > self.BYTES or len(self._codes) > self.COUNT:
            _, oldest = self._codes.popitem(last=False)
            self._size -= len(oldest.pickled)


class _Known:
    """The code of a task function, or of another thing of the notebook, and what it was made with."""

    __slots__ = ("code", "surroundings", "thing")

    def __init__(self, thing: Any, plain: Any, code: FunctionCode, known: dict[int, _Known]) -> None:
        number = id(thing)
        self.code = code
        self.thing = weakref.ref(thing, lambda _: known.pop(number, None))
        self.surroundings = Surroundings(plain, look_into_values=thing is not plain)
