"""How hosts are named, and at which address they reach this machine."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from eflows_nb.errors import ClusterError

__all__ = ["THIS_HOST", "address_towards", "checked"]

THIS_HOST = "localhost"
"""The name of this machine among hosts; nothing is needed to reach it."""


def address_towards(hosts: Sequence[str]) -> str:
    """Return the address of this machine on the way to hosts.

    Raises
    ------
    ClusterError
        When a name is not known, or there is none that is right for all.
    """
    found: dict[str, str] = {}
    for name in hosts:
        if name == THIS_HOST:
            continue
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.connect((name.rpartition("@")[2], 9))  # sends nothing
                found[name] = probe.getsockname()[0]
        except (OSError, UnicodeError) as error:
            raise ClusterError(
                f"The way to the host '{name}' is not known: {error}. Give an address of this "
                "machine that it can reach as address=."
            ) from error
    addresses = set(found.values()) or {"127.0.0.1"}
    if len(addresses) > 1:
        ways = ", ".join(f"'{name}' from {own}" for name, own in found.items())
        raise ClusterError(
            f"The hosts are reached from several addresses of this machine ({ways}). Give one that all of "
            "them can reach as address=."
        )
    return addresses.pop()


def checked(hosts: Sequence[str]) -> Sequence[str]:
    """Return the names of hosts if they can be that.

    Raises
    ------
    ClusterError
        When there is none, one comes twice, or one is no name.
    """
    if isinstance(hosts, str) or not hosts or not all(isinstance(name, str) and name for name in hosts):
        raise ClusterError(f"hosts={hosts!r} is not a list of hosts. Give their names, such as ['n1', 'n2'].")
    twice = next((name for name in hosts if list(hosts).count(name) > 1), None)
    if twice is not None:
        raise ClusterError(f"The host '{twice}' is named twice. engines= says how many engines there are.")
    if any(name.startswith("-") for name in hosts):
        raise ClusterError(f"hosts={hosts!r} has a name that SSH would take for an option.")
    return hosts
