"""What tests of several parts share."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

WriteNotebook = Callable[..., Path]


@pytest.fixture(scope="session", autouse=True)
def _interrupts() -> None:
    """Let signals be heard, also where a shell in the background or nohup has switched them off."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def _journals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the journals of sessions lie in a folder that goes, not beside the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EFLOWS_JOURNAL", str(tmp_path_factory.mktemp("journals")))
        yield


@pytest.fixture
def write_notebook(tmp_path: Path) -> WriteNotebook:
    """Write a notebook into the test's folder: code cells from text, Markdown from text after ``#``.

    The option ``parameters`` is the text of a first cell tagged so, ``metadata`` that of the notebook.
    """

    def write(
        *cells: str, name: str = "work.ipynb", parameters: str | None = None, metadata: object = None
    ) -> Path:
        sources = cells if parameters is None else (parameters, *cells)
        content = [
            {
                "cell_type": "markdown" if source.startswith("# ") else "code",
                "id": f"cell-{number}",
                "metadata": {"tags": ["parameters"]} if parameters is not None and number == 0 else {},
                "source": source,
                **({} if source.startswith("# ") else {"outputs": [], "execution_count": None}),
            }
            for number, source in enumerate(sources)
        ]
        path = tmp_path / name
        path.write_text(
            json.dumps({"cells": content, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5})
        )
        return path

    return write


@dataclass(frozen=True, kw_only=True, slots=True)
class JupyterServer:
    """A running server: its address and token, the folder that it serves, its home and its log."""

    url: str
    token: str
    root: Path
    home: Path
    log: list[str]


StartJupyter = Callable[..., JupyterServer]


@pytest.fixture(scope="session")
def start_jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartJupyter]:
    """Start ``jupyter_server``, ``jupyterlab`` or ``notebook`` with some options, until the tests end.

    Each has its own home, so that no setting and no cluster of the user can be seen or changed.
    """
    with ExitStack() as stack:

        def start(app: str, *options: str) -> JupyterServer:
            return stack.enter_context(_jupyter_server(tmp_path_factory.mktemp(app), app, options))

        yield start


@contextmanager
def _jupyter_server(home: Path, app: str, options: tuple[str, ...]) -> Iterator[JupyterServer]:
    root = home / "work"
    root.mkdir()
    token = secrets.token_hex(16)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    labconfig = home / "config" / "labconfig"
    labconfig.mkdir(parents=True)
    news = "@jupyterlab/apputils-extension:announcements"
    (labconfig / "page_config.json").write_text(json.dumps({"disabledExtensions": {news: True}}))
    command = [
        *(sys.executable, "-m", app, "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"),
        *options,
    ]
    process = subprocess.Popen(
        command, env=environment, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    log: list[str] = []
    # A pipe that nobody reads would stop the server when it is full.
    reader = threading.Thread(target=log.extend, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        while not _listens(port):
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
                pytest.fail("The server did not start:\n" + "".join(log))
        yield JupyterServer(url=f"http://127.0.0.1:{port}", token=token, root=root, home=home, log=log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)
        process.stdout.close()


def _listens(port: int) -> bool:
    with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
