"""Journals are found below a root, and nothing else is reached."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from eflows_nb.server.journals import JournalTree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a root with a journal in a hidden folder, and a secret beside it."""
    root = tmp_path / "root"
    (root / "project" / ".eflows").mkdir(parents=True)
    (root / "project" / ".eflows" / "journal-a.jsonl").write_text("a")
    (root / "project" / "journal-b.jsonl").write_text("b")
    (root / "project" / "notes.jsonl").write_text("n")
    (root / ".ssh").mkdir()
    (root / ".ssh" / "journal-key.jsonl").write_text("key")
    (tmp_path / "journal-secret.jsonl").write_text("secret")
    return root


def test_journals_are_found_in_their_hidden_folders_too(root: Path) -> None:
    """In no other hidden folder."""
    found, complete = JournalTree(root).find(seconds=60)
    assert complete
    assert sorted(file.path for file in found) == [
        "project/.eflows/journal-a.jsonl",
        "project/journal-b.jsonl",
    ]


def test_a_journal_is_opened_by_its_path(root: Path) -> None:
    """As it was told."""
    with JournalTree(root).open("project/.eflows/journal-a.jsonl") as file:
        assert file.read() == b"a"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "..",
        "../journal-secret.jsonl",
        "project/../../journal-secret.jsonl",
        "project/../project/journal-b.jsonl",
        "./project/journal-b.jsonl",
        "project//journal-b.jsonl",
        "/project/journal-b.jsonl",
        "project/notes.jsonl",
        ".ssh/journal-key.jsonl",
        "project/.eflows",
        "project/journal-b.jsonl/",
        "project/journal-b.jsonl\0",
        "project\0/journal-b.jsonl",
        "project/journal-none.jsonl",
        "none/journal-b.jsonl",
    ],
)
def test_nothing_else_is_reached(root: Path, path: str) -> None:
    """Neither above the root, nor hidden, nor what has another name."""
    with pytest.raises(FileNotFoundError):
        JournalTree(root).open(path)
    with pytest.raises(FileNotFoundError):
        JournalTree(root).remove(path)


def test_an_absolute_path_is_not_reached(root: Path) -> None:
    """Not even one below the root."""
    with pytest.raises(FileNotFoundError):
        JournalTree(root).open(str(root / "project" / "journal-b.jsonl"))


def test_links_are_not_followed(root: Path) -> None:
    """Neither to a file nor to a folder; they are not listed either."""
    (root / "journal-link.jsonl").symlink_to(root.parent / "journal-secret.jsonl")
    (root / "up").symlink_to(root.parent, target_is_directory=True)
    (root / "home").symlink_to(root / ".ssh", target_is_directory=True)
    tree = JournalTree(root)
    for path in ("journal-link.jsonl", "up/journal-secret.jsonl", "home/journal-key.jsonl"):
        with pytest.raises(FileNotFoundError):
            tree.open(path)
    assert len(tree.find(seconds=60)[0]) == 2


def test_what_is_no_file_is_not_opened(root: Path) -> None:
    """A pipe would hold the server up, a folder is no journal."""
    os.mkfifo(root / "journal-pipe.jsonl")
    (root / "journal-folder.jsonl").mkdir()
    for path in ("journal-pipe.jsonl", "journal-folder.jsonl"):
        with pytest.raises(FileNotFoundError):
            JournalTree(root).open(path)
    assert len(JournalTree(root).find(seconds=60)[0]) == 2


def test_a_journal_is_removed(root: Path) -> None:
    """And nothing beside it."""
    JournalTree(root).remove("project/.eflows/journal-a.jsonl")
    assert [file.path for file in JournalTree(root).find(seconds=60)[0]] == ["project/journal-b.jsonl"]


def test_looking_ends_in_time(root: Path) -> None:
    """Then it says that there may be more."""
    assert JournalTree(root).find(seconds=-1) == ([], False)
