"""What a task has left at a path is kept, and put back as it was, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from eflows_nb.engine.kept_files import digest, keep, put_back, stamp


def _make_folder(path: Path) -> None:
    (path / "inner").mkdir(parents=True)
    (path / "inner" / "file").write_text("content")
    (path / "inner" / "program").write_text("#!")
    (path / "inner" / "program").chmod(0o750)
    (path / "link").symlink_to("inner/file")
    (path / "nowhere").symlink_to("not there")
    (path / "empty").mkdir()
    (path / "inner").chmod(0o550)


def test_a_folder_comes_back_with_links_and_permissions(tmp_path: Path) -> None:
    """In the place of what lies there then, and of nothing besides."""
    _make_folder(tmp_path / "made")
    kept = keep(str(tmp_path / "made"), tmp_path / "kept")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "old").touch()
    put_back(str(tmp_path / "other"), kept, tmp_path / "kept")

    assert digest(str(tmp_path / "other")) == digest(str(tmp_path / "made"))
    assert (tmp_path / "other" / "inner").stat().st_mode & 0o777 == 0o550
    assert (tmp_path / "other" / "inner" / "program").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "other" / "nowhere").readlink() == Path("not there")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "made", "other"]


def test_a_file_is_put_where_a_link_leads_to(tmp_path: Path) -> None:
    """The link stays."""
    (tmp_path / "file").write_text("new")
    kept = keep(str(tmp_path / "file"), tmp_path / "kept")
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to("file")
    put_back(str(tmp_path / "link"), kept, tmp_path / "kept")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_a_file_that_was_removed_is_removed_again(tmp_path: Path) -> None:
    """A task may leave nothing."""
    kept = keep(str(tmp_path / "file"), tmp_path / "kept")
    (tmp_path / "file").touch()
    put_back(str(tmp_path / "file"), kept, tmp_path / "kept")

    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("damage", ["other", None])
def test_what_is_damaged_leaves_everything_as_it_is(tmp_path: Path, damage: str | None) -> None:
    """Also of a folder of which only one file is damaged, or gone."""
    _make_folder(tmp_path / "made")
    kept = keep(str(tmp_path / "made"), tmp_path / "kept")
    files = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    content = max(files, key=lambda path: path.stat().st_size)
    content.unlink() if damage is None else content.write_text(damage)
    (tmp_path / "file").write_text("old")
    with pytest.raises(ValueError, match=f"'{content}' of a checkpoint is "):
        put_back(str(tmp_path / "file"), kept, tmp_path / "kept")

    assert (tmp_path / "file").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "kept", "made"]


def test_equal_contents_are_kept_once(tmp_path: Path) -> None:
    """A file that is put back and kept anew costs nothing more."""
    for name in ("one", "other"):
        (tmp_path / name).write_text("content")
        keep(str(tmp_path / name), tmp_path / "kept")

    assert sum(path.is_file() for path in (tmp_path / "kept").rglob("*")) == 1


def test_a_stamp_tells_of_each_change(tmp_path: Path) -> None:
    """Of a small file also at once and with the same length, of a large one by its size or times."""
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_text("a")
    large.write_bytes(bytes(2_000_000))
    before = [stamp(str(path)) for path in (small, large, tmp_path)]
    small.write_text("b")
    large.write_bytes(bytes(2_000_001))
    after = [stamp(str(path)) for path in (small, large, tmp_path)]

    assert all(one != other for one, other in zip(before, after, strict=True))


def test_what_is_no_file_cannot_be_kept(tmp_path: Path) -> None:
    """A pipe has no content to put back, and its stamp is never that of what was made."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="is neither a file nor a folder"):
        keep(str(tmp_path / "pipe"), tmp_path / "kept")
    assert stamp(str(tmp_path / "pipe")) == ""
