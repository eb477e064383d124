"""Programs that are ended, and programs whose results are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import eflows_nb as ef

pytestmark = pytest.mark.engines


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    """Begin and end without engines."""
    ef.stop()
    yield
    ef.stop(cancel=True)


def test_a_program_is_ended_when_its_time_is_over() -> None:
    """As any task, and the engine goes on."""

    @ef.binary("tail", args="-f /dev/null")
    @ef.task(time_out=0.2)
    def endless() -> None: ...

    @ef.binary("true")
    @ef.task
    def short() -> None: ...

    with ef.start(engines=1):
        with pytest.raises(ef.TaskTimeOutError, match="endless"):
            ef.wait_on(endless())
        assert ef.wait_on(short()) == 0


def test_what_a_program_has_written_is_kept(tmp_path: Path) -> None:
    """Another run takes it from there, unless the command line is another one."""

    def run(*words: str) -> list[str]:
        with ef.start(engines=1, checkpoint=tmp_path / "kept"):
            for word in words:

                @ef.binary("sh", args=f"-c 'echo {word}; echo {word} >> {tmp_path}/runs'")
                @ef.task(out=ef.FILE_OUT_STDOUT)
                def say(out: Path) -> None: ...

                assert ef.wait_on(say(tmp_path / word)) == 0
        return (tmp_path / "runs").read_text().split()

    assert run("one") == ["one"]
    (tmp_path / "one").unlink()
    assert run("one", "two") == ["one", "two"]
    assert (tmp_path / "one").read_text() == "one\n"
