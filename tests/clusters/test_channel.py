"""The client's end of the channel to engines."""

from __future__ import annotations

import os
import pickle
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import zmq

from eflows_nb.clusters.channel import Channel
from eflows_nb.clusters.cluster import Message
from eflows_nb.engine.connection import Credentials, Keys, connect

Connected = Callable[[Credentials, bytes], "zmq.Socket[Any]"]


@pytest.fixture
def channel() -> Iterator[Channel]:
    """Open a channel."""
    made = Channel()
    yield made
    made.close()


@pytest.fixture
def engine(channel: Channel) -> Iterator[zmq.Socket[Any]]:
    """Connect to the channel as engine 3."""
    context: zmq.Context[Any] = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.identity = b"3"
    socket.linger = 0
    socket.connect(channel.address)
    yield socket
    socket.close()
    context.term()


def _next(channel: Channel) -> list[Message]:
    while not (received := channel.receive()):
        channel.wait(10)
    return received


def test_messages_go_both_ways(channel: Channel, engine: zmq.Socket[Any]) -> None:
    """The client learns which engine speaks, and an answer reaches that one."""
    engine.send(pickle.dumps("hello"))
    assert _next(channel) == [Message(3, "hello")]
    assert channel.send(3, {"answer": 1})

    assert pickle.loads(engine.recv()) == {"answer": 1}


def test_its_folder_is_announced_before_it_is_made() -> None:
    """Whoever removes it when this process is killed knows of it in time."""
    announced: list[tuple[Path, bool]] = []
    made = Channel(announce=lambda folder: announced.append((folder, folder.exists())))
    folder = made.folder
    made.close()

    assert announced == [(folder, False)]


def test_a_long_path_of_the_temporary_folder_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address of a socket has 107 bytes at most, whatever TMPDIR says."""
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    made = Channel()
    made.close()

    assert made.folder is not None
    assert not made.folder.exists()


def test_a_message_to_nobody_is_told(channel: Channel) -> None:
    """An engine that is gone gets nothing, and that is no error."""
    assert not channel.send(99, "nobody is there")


def test_a_lost_connection_is_told_more_than_once(channel: Channel, engine: zmq.Socket[Any]) -> None:
    """The word of it may come before messages are refused, so whoever looks looks again."""
    engine.send(pickle.dumps("hello"))
    _next(channel)
    assert not channel.lost_any(0.0)
    engine.close()
    while not channel.lost_any(0.0):
        channel.wait(10)

    assert [channel.lost_any(now) for now in (0.2, 0.4, 0.5, 2.0, 2.5, 4.0, 9.0)] == [
        *(False, True, False, True, False, True, False)
    ]
    while channel.send(3, "anybody there?"):
        channel.wait(0.01)


def test_a_wait_can_be_ended_from_another_thread(channel: Channel) -> None:
    """Whoever has something to send wakes the one who waits, also before it waits."""
    channel.wake()
    assert channel.wait(60)
    waker = threading.Thread(target=channel.wake)
    waker.start()
    assert channel.wait(60)
    waker.join()


def test_other_descriptors_end_a_wait(channel: Channel) -> None:
    """The end of a process is heard in the same place as messages; what is forgotten is not."""
    read, write = os.pipe()
    channel.watch(read)
    os.write(write, b"x")
    assert read in channel.wait(60)
    channel.forget(read)
    channel.forget(read)

    assert read not in channel.wait(0)
    os.close(read), os.close(write)


def test_only_the_user_can_reach_the_socket(channel: Channel) -> None:
    """What comes through it is unpickled: its folder is closed to others."""
    assert channel.folder is not None
    assert channel.folder.stat().st_uid == os.getuid()
    assert stat.S_IMODE(channel.folder.stat().st_mode) == 0o700


def test_a_closed_channel_leaves_nothing(channel: Channel) -> None:
    """Its folder is gone, and whoever still uses it finds it silent."""
    channel.close()
    channel.close()
    channel.wake()

    assert channel.folder is not None
    assert not channel.folder.exists()
    assert channel.receive() == []
    assert channel.wait(60) == set()


@pytest.fixture
def open_channel() -> Iterator[Channel]:
    """Open a channel for engines of other hosts."""
    made = Channel("127.0.0.1")
    yield made
    made.close()


class Watched(zmq.Context["zmq.Socket[Any]"]):
    """Lets hear how the connections of its engines end, of the first ones too."""

    endings: list[zmq.Socket[Any]]

    def __init__(self) -> None:
        super().__init__()
        vars(self)["endings"] = []  # an attribute that is set in the usual way would be an option

    def socket(self, socket_type: int, *args: Any, **more: Any) -> zmq.Socket[Any]:
        """Make a socket, and listen to it before it can connect."""
        made = super().socket(socket_type, *args, **more)
        if socket_type == zmq.DEALER:
            self.endings.append(made.get_monitor_socket(zmq.Event.DISCONNECTED))
        return made

    def wait_for_endings(self) -> None:
        """Wait until each has been turned away once."""
        for ending in self.endings:
            assert ending.poll(10_000), "it should have been turned away"


@pytest.fixture
def watched() -> Iterator[Watched]:
    """Give what connects to a channel as strangers do."""
    context = Watched()
    yield context
    context.destroy(0)


@pytest.fixture
def connected() -> Iterator[Connected]:
    """Return a function that connects to a channel; what it has made is closed again."""
    context: zmq.Context[Any] = zmq.Context()
    yield partial(connect, context)
    context.destroy(0)


def test_an_address_of_another_machine_is_an_error_and_leaves_no_thread() -> None:
    """Nothing can listen there; who lets people in is sent home."""
    before = threading.active_count()
    with pytest.raises(OSError, match=r"203\.0\.113\.7"):
        Channel("203.0.113.7")

    assert threading.active_count() == before


def test_over_tcp_those_with_the_keys_are_heard(open_channel: Channel, connected: Connected) -> None:
    """What an engine needs travels as one line of text, and its messages go both ways."""
    line = open_channel.credentials("token").encode()
    engine = connected(Credentials.decode(line), b"3")
    engine.send(pickle.dumps("hello"))

    assert _next(open_channel) == [Message(3, "hello")]
    assert open_channel.send(3, "welcome")
    assert pickle.loads(engine.recv()) == "welcome"


class Bomb:
    """Something that must never be unpickled."""

    went_off = False

    def __reduce__(self) -> tuple[Any, ...]:
        return setattr, (Bomb, "went_off", True)


def test_over_tcp_nobody_else_is_heard(open_channel: Channel, connected: Connected, watched: Watched) -> None:
    """Neither with other keys nor without any: what they say is not even unpickled."""
    right = open_channel.credentials("token")
    assert right.keys is not None
    public, secret = (key.decode() for key in zmq.curve_keypair())
    stranger = connect(watched, right._replace(keys=Keys(right.keys.server, public, secret)), b"1")
    nobody = connect(watched, right._replace(keys=None), b"2")
    for socket in (stranger, nobody):
        socket.send(pickle.dumps(Bomb()))
    watched.wait_for_endings()
    engine = connected(right, b"3")
    engine.send(pickle.dumps("hello"))

    assert _next(open_channel) == [Message(3, "hello")]
    assert not Bomb.went_off


def test_an_engine_does_not_listen_to_somebody_else(open_channel: Channel, watched: Watched) -> None:
    """Whoever took the client's place at its address does not have its key, and is told nothing."""
    right = open_channel.credentials("token")
    assert right.keys is not None
    public, _ = zmq.curve_keypair()
    engine = connect(watched, right._replace(keys=right.keys._replace(server=public.decode())), b"3")
    engine.send(pickle.dumps("hello"))
    watched.wait_for_endings()

    assert open_channel.receive() == []
