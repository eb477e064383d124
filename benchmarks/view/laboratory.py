"""A JupyterLab of its own, with nothing of the user's, and a page in Chromium that shows it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import sync_playwright

__all__ = ["Laboratory", "laboratory", "opened"]

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "eflows_nb" / "labextension"
SERVER_STARTS_S = 120
FREE = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-frame-rate-limit", "--disable-gpu-vsync"]
"""Chromium draws as fast as it can, so that a frame tells what it costs and not when the screen is due."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Laboratory:
    """A running JupyterLab: where it is, its token, and the folder that it shows."""

    url: str
    token: str
    work: Path


@contextmanager
def opened(*, width: int, height: int, nice: int = 0) -> Iterator[Any]:
    """Give an empty page of this size in a Chromium of its own, of this niceness as the system has it."""
    chromium = (
        os.environ.get("EFLOWS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FREE)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(300_000)
        if nice:
            _set_niceness(nice)
        yield page
        browser.close()


def _set_niceness(nice: int) -> None:
    """Give it to the browser that was started from here, and to its session: Linux weighs those first."""
    for process in psutil.Process().children(recursive=True):
        if "chrom" in process.name():
            process.nice(nice)
            group = Path(f"/proc/{process.pid}/autogroup")
            if group.exists():
                group.write_text(str(nice))


@contextmanager
def laboratory(home: Path) -> Iterator[Laboratory]:
    """Give a JupyterLab that has its settings, kernels and files in this folder."""
    work = home / "work"
    work.mkdir(parents=True)
    extensions = home / "first" / "labextensions"
    extensions.mkdir(parents=True)
    (extensions / "eflows-nb").symlink_to(EXTENSION)
    settings = home / "config" / "labconfig"
    settings.mkdir(parents=True)
    news = "@jupyterlab/apputils-extension:announcements"
    (settings / "page_config.json").write_text(json.dumps({"disabledExtensions": {news: True}}))
    token = secrets.token_hex(16)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    places = ("config", "data", "runtime")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "kernels")]),
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_PATH": str(home / "first"),  # before an extension that is installed
        **{f"JUPYTER_{place.upper()}_DIR": str(home / place) for place in places},
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={work}"),
        "--LabApp.expose_app_in_browser=True",
    ]
    log = home / "server.log"
    with log.open("w") as stream:
        server = subprocess.Popen(command, env=environment, cwd=home, stdout=stream, stderr=subprocess.STDOUT)
    try:
        _wait_for(port, server, log)
        yield Laboratory(url=f"http://127.0.0.1:{port}", token=token, work=work)
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + SERVER_STARTS_S
    while time.monotonic() < end and server.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port)):
                return
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise SystemExit(f"JupyterLab did not start:\n{log.read_text()}")
