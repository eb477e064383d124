"""What tasks ask of a machine is read from what users write, and compared with what there is."""

from __future__ import annotations

from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.tasks.resources import Resources


@pytest.mark.parametrize(
    ("written", "size"),
    [(1000, 1000), (1e9, 10**9), ("4 GB", 4 * 10**9), ("512MiB", 512 << 20), ("1.5k", 1500), ("7", 7)],
)
def test_memory_is_written_as_people_write_it(written: Any, size: int) -> None:
    """As bytes, or with a unit of thousands or of 1024."""
    assert Resources.of(memory=written).memory == size


@pytest.mark.parametrize("wrong", ["much", "4 GG", -1, True, "-3 MB", float("inf"), float("nan")])
def test_what_is_no_size_is_told(wrong: Any) -> None:
    """The error names the value and shows what would do."""
    with pytest.raises(ef.TaskDefinitionError, match=r"is not a size. Give bytes, or a text such as '4 GB'"):
        ef.task(memory=wrong)(len)


@pytest.mark.parametrize("wrong", [0, -2, 1.5, "4", True])
def test_what_is_no_number_of_cores_is_told(wrong: Any) -> None:
    """A task has one core at least."""
    with pytest.raises(ef.TaskDefinitionError, match=r"cores=.* is not a number of cores. Give 1 or more"):
        ef.task(cores=wrong)(len)


def test_the_scarcest_thing_decides_how_many_shares_are_needed() -> None:
    """Engines have equal shares of a host."""
    share = Resources(cores=2, memory=10, gpus=1)

    assert Resources().shares(share) == 1
    assert Resources(cores=3).shares(share) == 2
    assert Resources(cores=3, memory=35).shares(share) == 4
    assert Resources(gpus=3).shares(share) == 3
    assert Resources(gpus=3).shares(Resources(cores=8)) == 1  # no number of these would have a GPU


def test_what_is_lacking_is_said_in_words() -> None:
    """For the warning to the user."""
    machine = Resources(cores=2, memory=8 * 10**9)

    assert Resources(cores=2).lacking(machine) == ""
    assert Resources(cores=4, memory=16 * 10**9, gpus=1).lacking(machine) == (
        "4 cores of 2 and 16 GB of memory of 8 GB and 1 GPUs of 0 that the largest host has"
    )
    assert Resources(memory=10**12).lacking(machine) == "1,000 GB of memory of 8 GB that the largest host has"
    hosts = Resources(target=("n1", "n2"))
    assert Resources.of(target=["n2", "n3"]).lacking(hosts) == ""
    assert Resources.of(target="n3").lacking(machine) == ""  # its hosts are not known yet
    assert Resources.of(target="n3").lacking(hosts) == "host 'n3', and there is only 'n1', 'n2'"


@pytest.mark.parametrize("wrong", ["", [], [3], " ", 3, 1.5])
def test_what_names_no_host_is_told(wrong: Any) -> None:
    """A target is the name of a host, or several."""
    with pytest.raises(ef.TaskDefinitionError, match=r"target=.* names no host\. Give the name of one, or a"):
        ef.task(target=wrong)(len)


def test_a_parameter_may_be_called_target() -> None:
    """Its direction is told from a host."""

    @ef.task(target=ef.INOUT)
    def fill(target: list[int]) -> None:
        target.append(1)

    numbers = [0]
    fill(numbers)
    assert ef.wait_on(numbers) == [0, 1]
