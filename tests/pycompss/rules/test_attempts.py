"""A task that fails half-way leaves nothing half-changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycompss.api.parameter import COLLECTION_INOUT, INOUT


@pytest.mark.breaks_by("RuntimeError")
@pytest.mark.parametrize("size", [1, 20_000])
def test_a_task_is_run_again_on_what_it_got_the_first_time(words: Any, tmp_path: Path, size: int) -> None:
    """Not on what its first attempt has made of that."""

    def add(x: Any, folder: str) -> None:
        x += 1
        attempt = len(list(Path(folder).iterdir()))
        (Path(folder) / str(attempt)).touch()
        if attempt < 2:
            raise RuntimeError("again")

    x = np.zeros(size)
    words.task(x=INOUT, returns=1)(add)(x, str(tmp_path))
    words.barrier()

    assert words.wait_on(x)[0] == 1
    assert len(list(tmp_path.iterdir())) == 3


def test_what_an_ignored_task_has_begun_to_change_is_as_it_was(words: Any) -> None:
    """Later tasks read the version before."""

    def spoil(x: list[int], items: Any) -> None:
        x.append(1)
        items[0] = "spoiled"
        raise RuntimeError("no luck")

    def read(x: list[int], items: Any) -> Any:
        return [list(x), list(items)]

    x, items = [0], [["fine"]]
    words.task(x=INOUT, items=COLLECTION_INOUT, on_failure="IGNORE")(spoil)(x, items)

    assert words.wait_on(words.task(returns=1)(read)(x, items)) == [[0], [["fine"]]]
