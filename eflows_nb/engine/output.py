"""Capture what tasks write to the file descriptors of standard output and standard error."""

from __future__ import annotations

import codecs
import ctypes
import io
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from eflows_nb.engine.outputs import DISPLAYS, SIZE, Clear, Display, OutputQueue, Room, Text

__all__ = ["LIMIT", "MORE", "OutputCapture"]

LIMIT = 1 << 20
"""Bytes a task and stream that are shown; what is more stays in a file."""

MORE = (
    f"A task, and a cell, shows {DISPLAYS} outputs and {SIZE >> 20} MiB besides text. Show fewer, replace "
    "them with display(…, display_id=…) and update_display, or call clear_output."
)
"""Why something is not shown, and what can be done."""

_PERIOD = 0.1
_BLOCK = 1 << 20
_UNBUFFERED = 2  # _IONBF of stdio.h
_end_of, _END = os.lseek, os.SEEK_END  # a quarter of what os.fstat takes, which tells much else besides


class _Sink(io.FileIO):
    """A file that also takes what finds no room in it: who prints is not at fault for that."""

    def __init__(self, descriptor: int, lose: Callable[[int, OSError], None]) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._lose = lose

    def write(self, data: Any) -> int:
        """Write what there is room for."""
        try:
            return super().write(data)
        except OSError as error:
            size = memoryview(data).nbytes
            self._lose(size, error)
            return size


class _Text(io.TextIOWrapper):
    """Text that knows whether there may be something to flush: flushing takes as long as many a task."""

    used = False
    """Whether somebody has written or ended it since this was set to `shared`."""
    shared = False
    """Whether somebody has what is below, and may write there at any time."""

    def write(self, text: str, /) -> int:
        """Write text."""
        self.used = True
        return super().write(text)

    @property
    def buffer(self) -> Any:
        """What is below."""
        self.used = self.shared = True
        return super().buffer

    def detach(self) -> Any:
        """Return what is below, and be of no use any more."""
        self.used = True
        return super().detach()

    def close(self) -> None:
        """Be of no use any more."""
        self.used = True
        super().close()


class _Stream:
    """One captured file descriptor: a file that takes its place, and how far it has been read."""

    def __init__(self, number: int, folder: Path) -> None:
        self.number = number
        self.sent = 0
        self._name = "stdout" if number == 1 else "stderr"
        self._limit = LIMIT
        self._folder = folder
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._real: int | None = None
        self._python: Any = None
        descriptor, path = tempfile.mkstemp(prefix="eflows-output-")
        os.close(descriptor)
        self.file = os.open(path, os.O_RDWR | os.O_APPEND)
        Path(path).unlink()  # nothing is left when the engine is killed
        self.lost = 0
        """Bytes that found no room in the file."""
        self._why = ""
        self.text = self._opened()

    def _opened(self) -> _Text:
        file = io.BufferedWriter(_Sink(self.file, self._lose))
        return _Text(file, encoding="utf-8", errors="replace", line_buffering=True)

    def _lose(self, size: int, error: OSError) -> None:
        self.lost += size
        self._why = str(error)

    def take_place(self) -> None:
        self._real = os.dup(self.number)
        os.dup2(self.file, self.number)
        self._python = getattr(sys, self._name)
        setattr(sys, self._name, self.text)

    def flush(self) -> None:
        self.text.used = self.text.shared
        self.text.flush()

    def take_place_again(self) -> None:
        """Be there for the next task, whatever the last one has put into `sys` or closed."""
        found: Any = getattr(sys, self._name, None)
        with suppress(Exception):  # it may be anything
            found.flush()
        try:
            self.text.flush()
            is_good = found is self.text
        except ValueError:  # it is closed
            is_good = False
        if not is_good:
            self.text = self._opened()  # what the task has put around the old one closes it at its own end
            if self._real is not None:
                setattr(sys, self._name, self.text)

    def give_back(self) -> None:
        if self._real is None:
            return
        os.dup2(self._real, self.number)
        os.close(self._real)
        self._real = None
        setattr(sys, self._name, self._python)

    def read(self) -> str:
        """Return what is new, as far as the limit allows; a character is not cut in two."""
        data = os.pread(self.file, max(0, self._limit - self.sent), self.sent)
        self.sent += len(data)
        return self._decoder.decode(data)

    def begin_anew(self) -> None:
        """Note that what was written so far is not shown any more."""
        self.sent = os.fstat(self.file).st_size
        self._limit = self.sent + LIMIT
        self._decoder.reset()

    def finish(self, name: str) -> str:
        """Return the rest of a task's output, and make room for the next one."""
        size = os.fstat(self.file).st_size
        if not size and not self.lost:
            return ""
        text = self.read() + self._decoder.decode(b"", final=True)
        self._decoder.reset()
        if size > self.sent:
            try:
                text += f"\n[{size} bytes in all; they are in {self._set_aside(name)}]\n"
            except OSError as error:
                text += f"\n[{size} bytes in all; the rest is lost: {error}]\n"
        if self.lost:
            text += f"\n[{self.lost} bytes more are lost, in '{tempfile.gettempdir()}': {self._why}]\n"
        os.ftruncate(self.file, 0)
        self.sent, self._limit, self.lost = 0, LIMIT, 0
        return text

    def _set_aside(self, name: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._folder / f"{name}-{os.getpid()}-{'out' if self.number == 1 else 'err'}.txt"
        os.lseek(self.file, 0, os.SEEK_SET)
        with open(self.file, "rb", closefd=False) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, _BLOCK)
        return target

    def close(self) -> None:
        self.give_back()
        os.close(self.file)


class OutputCapture:
    """Takes the place of standard output and error while tasks run, and tells what each one wrote.

    What it displays is told in between.

    Parameters
    ----------
    tell
        Called with task, stream (1 or 2) and text: at the end of a task from the thread that runs tasks,
        and while a long one runs from a thread of its own.
    lasts
        Called from that thread now and then while a task runs, with the task and for how many seconds at
        least it has run.
    tell_display
        Called as `tell`, with task and what it displayed; in the order of what it wrote.
    """

    def __init__(
        self,
        tell: Callable[[int, int, str], None],
        lasts: Callable[[int, float], None] | None = None,
        tell_display: Callable[[int, Display | Clear], None] | None = None,
    ) -> None:
        self._tell = tell
        self._lasts = lasts
        self._tell_display = tell_display
        self._queue = OutputQueue()
        self._room = Room()
        self._displayed = False  # whether the task has displayed anything
        self._next = 0.0  # when something may be told again
        folder = Path.cwd() / ".eflows" / "output"  # now: a task may go elsewhere
        self._streams = (_Stream(1, folder), _Stream(2, folder))
        _write_at_once()
        self._lock = threading.Lock()
        self.task = -1
        """The task that writes what is written now, -1 for none."""
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None

    def __enter__(self) -> OutputCapture:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # the kernel's own streams do not write to descriptors
                stream.flush()
        for captured in self._streams:
            captured.take_place()
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="eflows-output", daemon=True)
            self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        for stream in self._streams:
            stream.give_back()

    def end(self) -> None:
        """Tell what the task has written and not been told yet."""
        task, self.task = self.task, -1
        out, err = self._streams
        used = out.text.used or err.text.used
        try:
            if used:
                out.flush()
                err.flush()
            if sys.stdout is not out.text or sys.stderr is not err.text:
                self._take_places_again()
        except (ValueError, AttributeError):  # it has closed one, or deleted it
            self._take_places_again()
        if used or self._displayed or _end_of(out.file, 0, _END) or _end_of(err.file, 0, _END):
            self._tell_rest(task)

    def _take_places_again(self) -> None:
        for stream in self._streams:
            stream.take_place_again()

    def _tell_rest(self, task: int) -> None:
        for stream in self._streams:
            with self._lock:  # until it is told: what the watcher has read comes before
                text = stream.finish(f"task-{task}")
                if text:
                    self._queue.put(Text(stream.number, text))
                    self._tell_all(task)
        if self._displayed:
            with self._lock:
                self._end_displays(task)

    def show(self, output: Display | Clear) -> bool:
        """Tell what the task displays, after what it has written before; return False when none runs.

        What follows shortly is told together; what is replaced meanwhile is left out.
        """
        with self._lock:
            task = self.task
            if task < 0:
                return False
            self._displayed = True
            for stream in self._streams:
                with suppress(ValueError):  # the task has closed it
                    stream.text.flush()
            self._read()
            if isinstance(output, Clear):
                self._room.clear()
                for stream in self._streams:
                    stream.begin_anew()
                self._queue.put(output)
            elif self._room.takes(output):
                self._queue.put(output)
            if time.monotonic() >= self._next:
                self._tell_all(task)
        return True

    def _read(self) -> None:
        for stream in self._streams:
            text = stream.read()
            if text:
                self._queue.put(Text(stream.number, text))

    def _tell_all(self, task: int) -> None:
        while self._queue:
            output = self._queue.pop()
            if type(output) is Text:
                self._tell(task, output.stream, output.text)
            elif self._tell_display is not None and isinstance(output, (Display, Clear)):
                self._tell_display(task, output)
        self._next = time.monotonic() + _PERIOD

    def _end_displays(self, task: int) -> None:
        left_out = self._room.left_out
        if left_out:
            self._queue.put(Text(2, f"[{left_out} more outputs are not shown. {MORE}]\n"))
        self._tell_all(task)
        self._room = Room()
        self._displayed = False

    def close(self) -> None:
        """Stop capturing; may be called twice."""
        if not self._closed.is_set():
            self._closed.set()
            for stream in self._streams:
                stream.close()

    def _watch(self) -> None:
        seen, since = -1, 0.0
        while not self._closed.wait(_PERIOD):
            task = self.task
            if task != seen:
                since = time.monotonic()
            elif task >= 0:
                if self._lasts is not None:
                    self._lasts(task, time.monotonic() - since)
                with self._lock:
                    if self.task == task:
                        self._read()
                        self._tell_all(task)
            seen = task


def _write_at_once() -> None:
    """Let C, and whoever uses the first streams of Python, not hold back what a task writes until later.

    They would, since these descriptors are no terminals: it came with another task, or with none.
    """
    for stream in (sys.__stdout__, sys.__stderr__):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)
    with suppress(OSError, ValueError, AttributeError):  # elsewhere it has another name
        libc = ctypes.CDLL(None)
        out = ctypes.c_void_p.in_dll(libc, "stdout" if sys.platform.startswith("linux") else "__stdoutp")
        libc.setvbuf(out, None, _UNBUFFERED, ctypes.c_size_t(0))
