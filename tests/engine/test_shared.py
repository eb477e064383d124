"""Large data in files that all processes of a node can map."""

from __future__ import annotations

import errno
import os
import pickle
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eflows_nb.engine import shared
from eflows_nb.engine.mapping import most_mapped
from eflows_nb.engine.packing import pack

TOKEN = "test-of-shared"


@pytest.fixture(autouse=True)
def cleaned() -> object:
    """Remove what a test has left."""
    yield
    shared.remove_all(TOKEN)


def test_what_is_exported_can_be_mapped() -> None:
    """Several buffers come back with their values, and may be empty or odd in size."""
    value = [np.arange(20_000.0), np.ones(70_001, "u1"), "text"]
    mapped = shared.attach(shared.export(pack(value), TOKEN)).private_value()

    assert (mapped[0] == value[0]).all()
    assert (mapped[1] == value[1]).all()
    assert mapped[2] == "text"


def test_a_large_pickle_is_part_of_the_file() -> None:
    """What tells of the file stays small, and the file can be shared again."""
    value = {"text": "x" * 100_000, "array": np.arange(20_000.0)}
    file = shared.export(pack(value), TOKEN)
    again = shared.export(shared.attach(file), TOKEN)
    mapped = shared.attach(again).value()

    assert (file.head, again.head) == (b"", b"")
    assert file.size == again.size == pack(value).size
    assert mapped["text"] == value["text"]
    assert (mapped["array"] == value["array"]).all()


def test_a_pickle_that_was_exchanged_is_refused() -> None:
    """Who can change a file, or what comes from another node, must not have code run."""
    file = shared.export(pack("x" * 100_000), TOKEN)
    Path(file.path).write_bytes(b"y" * Path(file.path).stat().st_size)

    with pytest.raises(OSError, match="does not hold what was put there"):
        shared.attach(file)


def test_a_large_pickle_is_moved_out_of_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the buffers, if there are any."""
    monkeypatch.setattr(shared, "folders", lambda: iter([tmp_path]))
    moved = shared.spilled(pack({"text": "x" * 100_000}))

    assert type(moved.head) is memoryview
    assert pickle.loads(pickle.dumps(moved)).value() == {"text": "x" * 100_000}


def test_each_mapping_is_private() -> None:
    """What one process writes, no other sees."""
    file = shared.export(pack(np.zeros(20_000)), TOKEN)
    first, second = shared.attach(file).private_value(), shared.attach(file).private_value()
    first[0] = 1.0

    assert second[0] == 0.0
    assert shared.attach(file).value()[0] == 0.0


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not tell of descriptors")
def test_what_is_mapped_needs_no_file_descriptor() -> None:
    """A process may have a thousand files open, and results by the thousand; their memory goes with them."""

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def places() -> int:
        return Path("/proc/self/maps").read_text().count(file.path)

    file = shared.export(pack(np.arange(20_000.0)), TOKEN)
    before = descriptors()
    held = [shared.attach(file) for _ in range(50)]
    assert descriptors() == before
    assert places() > 0
    last = held[-1].value()
    del held

    assert last[7] == 7.0
    del last
    assert places() == 0


def test_a_removed_file_stays_with_those_who_have_mapped_it() -> None:
    """Others are told that it is gone; removing it twice does no harm."""
    file = shared.export(pack(np.ones(20_000)), TOKEN)
    mapped = shared.attach(file)
    shared.remove(file)
    shared.remove(file)

    assert mapped.value().sum() == 20_000
    with pytest.raises(FileNotFoundError):
        shared.attach(file)


def test_nobody_else_can_read_a_file() -> None:
    """It belongs to the user, also under a generous umask."""
    old = os.umask(0)
    try:
        file = shared.export(pack(np.zeros(20_000)), TOKEN)
    finally:
        os.umask(old)

    assert stat.S_IMODE(Path(file.path).stat().st_mode) == 0o600


def test_what_has_no_room_in_shared_memory_goes_to_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The temporary folder is the last resort, and its error is the one that is told."""
    full = tmp_path / "full"
    monkeypatch.setattr(shared, "folders", lambda: iter([full, tmp_path]))
    file = shared.export(pack(np.ones(20_000)), TOKEN)
    assert Path(file.path).parent == tmp_path
    monkeypatch.setattr(shared, "folders", lambda: iter([full, full]))
    with pytest.raises(FileNotFoundError):
        shared.export(pack(np.ones(20_000)), TOKEN)


def test_what_is_moved_out_of_memory_never_has_a_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An engine may be killed while it writes, for want of memory: nobody would remove the file."""
    monkeypatch.setattr(shared, "folders", lambda: iter([tmp_path]))
    named: list[Path] = []
    write = os.pwrite

    def look_and_write(*arguments: Any) -> int:
        named.extend(tmp_path.iterdir())
        return write(*arguments)

    monkeypatch.setattr(os, "pwrite", look_and_write)
    value = shared.spilled(pack(np.arange(20_000.0))).value()

    assert (value == np.arange(20_000.0)).all()
    assert named == []
    assert list(tmp_path.iterdir()) == []


def test_all_files_of_a_session_are_found() -> None:
    """They go together at its end; those of other sessions stay."""
    mine, other = (shared.export(pack(np.zeros(20_000)), token) for token in (TOKEN, f"other-{TOKEN}"))
    assert any(mine.path.startswith(prefix) for prefix in shared.prefixes(TOKEN))
    shared.remove_all(TOKEN)

    assert not Path(mine.path).exists()
    assert Path(other.path).exists()
    shared.remove(other)


def test_of_very_many_values_some_are_read_instead_of_mapped() -> None:
    """The system allows a process so many areas; the rest stays for threads and arrays."""
    file = shared.export(pack(np.arange(8200.0)), TOKEN)
    held = [shared.attach(file) for _ in range(most_mapped() + 20)]
    areas = len(Path("/proc/self/maps").read_text().splitlines())
    with pytest.raises(OSError, match="files already") as error:
        shared.spilled(pack(np.arange(8200.0)))
    last = held[-1].private_value()
    last[0] = -1.0
    values = held[-2].private_value()
    del held

    assert error.value.errno == errno.ENOMEM
    assert areas < most_mapped() + 10_000
    assert (values == np.arange(8200.0)).all()
    assert shared.spilled(pack(np.ones(8200))).value().sum() == 8200


def test_what_a_process_shared_later_can_be_removed() -> None:
    """Of one that has ended nobody has heard of the later ones; those of others stay."""
    files = [shared.export(pack(np.zeros(20_000)), TOKEN) for _ in range(3)]
    begin = shared.own_prefix(TOKEN)
    other = Path(f"{files[2].path.replace(begin, begin[:-1] + '0-')}")
    other.touch()
    shared.remove_after(begin, files[0].number)

    assert [Path(file.path).exists() for file in files] == [True, False, False]
    assert other.exists()
