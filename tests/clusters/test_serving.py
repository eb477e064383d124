"""Shared files that go from the data server of one node to the processes of another one."""

from __future__ import annotations

import errno
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eflows_nb.clusters.data_server import DataServer
from eflows_nb.clusters.serving import Serving
from eflows_nb.engine import shared, transfer
from eflows_nb.engine.packing import pack
from eflows_nb.engine.shared import SharedFile
from eflows_nb.engine.transfer import NONCE_BYTES, PROOF_BYTES, Reader, proof, receive_exactly

KEY = secrets.token_bytes(32)
VALUE = np.arange(100_000.0)


@pytest.fixture(scope="module")
def server() -> Iterator[DataServer]:
    """Serve the files of the session ``served``."""
    made = DataServer("127.0.0.1", "served", KEY)
    yield made
    made.close()
    made.close()


@pytest.fixture
def theirs(server: DataServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedFile]:
    """A file of a node whose folders this process does not see: its own are others from now on."""
    file = shared.export(pack([VALUE, 2 * VALUE]), "served")
    monkeypatch.setattr(shared, "folders", lambda: iter([tmp_path]))
    yield file._replace(path=f"/of/another/node/{file.name}", server=server.address)
    shared.remove(file)


def test_a_file_of_another_node_is_fetched(theirs: SharedFile, tmp_path: Path) -> None:
    """What was an array there is one here, and nothing but the file is left."""
    value = Reader(KEY, "copy-").attach(theirs).value()

    np.testing.assert_array_equal(value, [VALUE, 2 * VALUE])
    assert [path.name for path in tmp_path.iterdir()] == [f"copy-{theirs.name}"]


def test_a_file_is_fetched_once_a_node(theirs: SharedFile, tmp_path: Path) -> None:
    """Whoever wants what is being fetched waits for it, and whoever comes later finds it."""
    found: list[Path] = []

    def fetch() -> None:
        found.append(Path(Reader(KEY, "copy-").fetch(theirs).path))

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with_another_key = Reader(b"wrong", "copy-").fetch(theirs)

    assert found == [tmp_path / f"copy-{theirs.name}"] * 4
    assert with_another_key.path == str(found[0])


def test_what_another_user_has_put_there_is_not_taken_for_a_copy(theirs: SharedFile, tmp_path: Path) -> None:
    """Everybody can see in the folder how copies are called, and make links and files there."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"mine")
    (tmp_path / f"copy-{theirs.name}").symlink_to(secret)
    value = Reader(KEY, "copy-").attach(theirs).value()
    (tmp_path / f"other-{theirs.name}.part").symlink_to(secret)
    with pytest.raises(OSError, match="symbolic links"):
        Reader(KEY, "other-").fetch(theirs)

    np.testing.assert_array_equal(value, [VALUE, 2 * VALUE])
    assert secret.read_bytes() == b"mine"


def test_nothing_is_written_to_a_file_of_another_user(
    theirs: SharedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He could read it."""
    part = tmp_path / f"copy-{theirs.name}.part"
    part.touch()
    monkeypatch.setattr(os, "geteuid", lambda: part.stat().st_uid + 1)
    with pytest.raises(PermissionError, match="belongs to another user"):
        Reader(KEY, "copy-").fetch(theirs)

    assert part.read_bytes() == b""


def test_without_the_key_nothing_is_sent(theirs: SharedFile, tmp_path: Path) -> None:
    """The server closes the connection, and nothing half is left."""
    with pytest.raises(ConnectionError, match="perhaps the key was wrong"):
        Reader(b"wrong", "copy-").fetch(theirs)

    assert list(tmp_path.iterdir()) == []


def test_a_server_without_the_key_is_not_believed(theirs: SharedFile, tmp_path: Path) -> None:
    """Whoever took the place of a data server cannot give its own data for those of the session."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def pretend() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(bytes(NONCE_BYTES))
                receive_exactly(connection, NONCE_BYTES + PROOF_BYTES)
                with suppress(ConnectionError):  # the reader has seen enough
                    connection.sendall(bytes(PROOF_BYTES) + bytes(theirs.extent))

        liar = threading.Thread(target=pretend)
        liar.start()
        with pytest.raises(OSError, match="does not have"):
            Reader(KEY, "copy-").fetch(theirs._replace(server=f"127.0.0.1:{listening.getsockname()[1]}"))
        liar.join(60)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["eflows-other-1-1", "eflows-served-../../etc/passwd", "eflows-served-9-9"])
def test_nothing_else_is_served(server: DataServer, name: str) -> None:
    """Neither files of other sessions, nor of other folders, nor those that there are not."""
    Path("/dev/shm/eflows-other-1-1").touch()
    host, _, port = server.address.rpartition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        nonce = receive_exactly(connection, NONCE_BYTES)
        asked = bytes(NONCE_BYTES) + proof(KEY, nonce, name.encode())
        connection.sendall(asked + len(name).to_bytes(2, "big") + name.encode())
        answer = connection.recv(1 << 16)
        rest = connection.recv(1 << 16)
    Path("/dev/shm/eflows-other-1-1").unlink()

    assert answer == bytes(PROOF_BYTES)
    assert rest == b""


def test_a_proof_is_good_once(server: DataServer, theirs: SharedFile) -> None:
    """Whoever has listened and says the same again is not answered."""
    name = theirs.name.encode()
    host, _, port = server.address.rpartition(":")
    with socket.create_connection((host, int(port)), 10) as first:
        told = proof(KEY, receive_exactly(first, NONCE_BYTES), name)
    with socket.create_connection((host, int(port)), 10) as second:
        receive_exactly(second, NONCE_BYTES)
        second.sendall(bytes(NONCE_BYTES) + told + len(name).to_bytes(2, "big") + name)

        assert second.recv(1) == b""


def test_who_comes_and_goes_does_not_end_a_server(
    theirs: SharedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system tells of him, or of an interruption of the network, by an error of the listening socket."""
    serving = Serving("127.0.0.1", "served", KEY)
    accept = socket.socket.accept
    errors = [ConnectionAbortedError(), OSError(errno.EHOSTUNREACH, "No route to host")]

    def fail_first(listening: socket.socket) -> tuple[socket.socket, Any]:
        if errors:
            raise errors.pop()
        return accept(listening)

    monkeypatch.setattr(socket.socket, "accept", fail_first)
    monkeypatch.setattr(serving, "_find", lambda name: Path("/dev/shm") / name)
    thread = threading.Thread(target=serving.run)
    thread.start()
    moved = theirs._replace(server=f"127.0.0.1:{serving.port}")
    value = Reader(KEY, "copy-").attach(moved).value()
    serving.close()
    thread.join(60)

    assert not thread.is_alive()
    np.testing.assert_array_equal(value, [VALUE, 2 * VALUE])


def test_a_server_that_has_died_is_an_error(theirs: SharedFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried for a moment, since the client has not heard of it yet."""
    monkeypatch.setattr(transfer, "_PATIENCE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(ConnectionRefusedError):
        Reader(KEY, "copy-").attach(theirs._replace(server=f"127.0.0.1:{port}"))


def test_an_address_of_another_machine_is_an_error() -> None:
    """The data server cannot listen there."""
    with pytest.raises(OSError, match=r"192\.0\.2\.1"):
        DataServer("192.0.2.1", "token", KEY)
