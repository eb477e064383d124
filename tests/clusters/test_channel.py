"""The client's end of the channel to engines of this machine."""

from __future__ import annotations

import os
import pickle
import stat
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import zmq

from eflows_nb.clusters.channel import Channel
from eflows_nb.clusters.cluster import Message


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
    assert channel.folder.stat().st_uid == os.getuid()
    assert stat.S_IMODE(channel.folder.stat().st_mode) == 0o700


def test_a_closed_channel_leaves_nothing(channel: Channel) -> None:
    """Its folder is gone, and whoever still uses it finds it silent."""
    channel.close()
    channel.close()
    channel.wake()

    assert not channel.folder.exists()
    assert channel.receive() == []
    assert channel.wait(60) == set()
