"""Fail for notebooks that hold outputs or execution counts."""

import json
import sys
from pathlib import Path


def has_outputs(path: Path) -> bool:
    """Return whether any code cell of a notebook has run."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def main(names: list[str]) -> int:
    """Name the notebooks that hold outputs."""
    bad = [name for name in names if has_outputs(Path(name))]
    for name in bad:
        print(f"{name} holds outputs; clear them before it is committed.", file=sys.stderr)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
