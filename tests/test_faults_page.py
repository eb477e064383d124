"""The page of faults names tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def _named() -> list[tuple[str, str]]:
    """Return the tests that the page names, each with its file: the last one that was named before it."""
    named, file = [], ""
    for word in re.findall(
        r"`(?:tests/\w+/)?(test_\w+(?:\.py)?)`", (ROOT / "docs" / "faults.md").read_text()
    ):
        file = word if word.endswith(".py") else file
        named.append((file, word))
    return named


def test_every_test_that_shows_a_fault_is_there() -> None:
    """Who renames a test renames it there too."""
    sources: dict[str, str] = {}
    for path in (ROOT / "tests").glob("*/test_*.py"):  # two folders may have files of the same name
        sources[path.name] = sources.get(path.name, "") + path.read_text()
    missing = [
        (file, name)
        for file, name in _named()
        if name != file and f"def {name}(" not in sources.get(file, "")
    ]

    assert len(_named()) > 40
    assert missing == []
    assert {file for file, _ in _named()} <= sources.keys()
