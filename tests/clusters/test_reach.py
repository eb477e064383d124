"""How hosts are named, and at which address they reach this machine."""

from __future__ import annotations

from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.clusters.reach import address_towards, checked
from eflows_nb.errors import ClusterError


@pytest.mark.parametrize("hosts", ["n1", [], [""], [7], ["n1", None]])
def test_what_is_no_list_of_hosts_is_an_error(hosts: Any) -> None:
    """A single name is not one either: its letters are no hosts."""
    with pytest.raises(ClusterError, match="is not a list of hosts"):
        checked(hosts)


def test_a_host_is_named_once() -> None:
    """How many engines it has is another question."""
    with pytest.raises(ClusterError, match="'n1' is named twice"):
        checked(["n1", "n2", "n1"])


def test_a_name_is_never_an_option() -> None:
    """SSH would run what ``-oProxyCommand=`` says."""
    with pytest.raises(ClusterError, match="would take for an option"):
        checked(["-oProxyCommand=true"])


def test_this_machine_alone_needs_no_network() -> None:
    """Nobody else can reach what listens at the loopback."""
    assert address_towards(["localhost"]) == "127.0.0.1"


def test_an_unknown_host_is_an_error() -> None:
    """The user can say the address himself, which SSH may know by another name."""
    nobody = "n" * 64  # no name server need be asked
    with pytest.raises(ClusterError, match=f"'user@{nobody}' is not known.*address="):
        address_towards(["localhost", f"user@{nobody}"])


def test_an_address_of_another_machine_is_an_error_at_once() -> None:
    """It names the address and what to give in its place."""
    with pytest.raises(ClusterError, match=r"Nothing can listen at 203\.0\.113\.7.*as address=\."):
        ef.start(hosts=["localhost"], address="203.0.113.7")
