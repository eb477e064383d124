"""Results are taken from files that nobody else can have written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from eflows_nb.engine import checkpoint


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The file of some results."""
    path = tmp_path / "results"
    checkpoint.save(str(path), {"a": [1, 2]})
    return path


def test_what_was_kept_is_found_again(kept: Path) -> None:
    """Also behind a link to it."""
    link = kept.with_name("link")
    link.symlink_to(kept)

    assert checkpoint.load(str(kept)) == checkpoint.load(str(link)) == {"a": [1, 2]}


def test_a_file_of_another_user_is_refused(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To unpickle it would be to run what that user likes."""
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    with pytest.raises(ValueError, match=rf"belongs to another user \(uid {owner}\).*folder of your own"):
        checkpoint.load(str(kept))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda path: path.chmod(0o620), "can be written to by others"),
        (lambda path: path.chmod(0o602), "can be written to by others"),
        (lambda path: (path.unlink(), os.mkfifo(path)), "is no plain file"),
    ],
)
def test_a_file_that_others_may_have_written_is_refused(
    kept: Path, change: Callable[[Path], object], text: str
) -> None:
    """Nobody waits at a pipe, either."""
    change(kept)

    with pytest.raises(ValueError, match=text):
        checkpoint.load(str(kept))
