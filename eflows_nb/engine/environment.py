"""The environment variables by which an engine is told what it needs."""

from __future__ import annotations

__all__ = [
    "CHANNEL",
    "DATA_KEY",
    "GPUS",
    "GPU_CLAIMS",
    "GPU_SHARE",
    "HOST",
    "MEMORY",
    "SERVER",
    "STARTUP_COMMAND",
]

CHANNEL = "EFLOWS_CHANNEL"
"""The `eflows_nb.engine.connection.Credentials` by which an engine reaches its client."""

HOST = "EFLOWS_HOST"
"""What the user calls the host of an engine; it has a name of its own, too."""

MEMORY = "EFLOWS_ENGINE_MEMORY"
"""The bytes of large results that an engine holds in memory; more go to files."""

GPUS = "EFLOWS_GPUS"
"""The names of the GPUs that the engines of a host divide among them."""

GPU_SHARE = "EFLOWS_GPU_SHARE"
"""How many of them the engine takes."""

GPU_CLAIMS = "EFLOWS_GPU_CLAIMS"
"""The folder in which engines of this host show each other what they have taken."""

SERVER = "EFLOWS_SERVER"
"""The address of the data server of a host, as ``ADDRESS:PORT``."""

DATA_KEY = "EFLOWS_DATA_KEY"
"""The key of the session's data servers, in hexadecimal."""

STARTUP_COMMAND = """\
try:
    import eflows_nb.engine.attach
    eflows_nb.engine.attach.attach()
except BaseException:
    __import__("traceback").print_exc()
    __import__("os")._exit(1)
"""
"""What an ipyparallel engine runs when it starts, to attach itself to its client."""
