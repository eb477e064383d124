"""JupyterLab in a real Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

playwright_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = os.environ.get("EFLOWS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
PICTURES = Path(os.environ.get("EFLOWS_SCREENSHOTS", Path(__file__).parents[1] / "screenshots"))

_KERNEL = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"

_KERNEL_IS_READY = f"() => {_KERNEL}?.connectionStatus === 'connected' && {_KERNEL}.status === 'idle'"

_ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .flatMap(cell => cell.model.outputs?.toJSON() ?? [])
  .filter(output => output.output_type === 'error')
  .map(output => `${output.ename}: ${output.evalue}`)"""


class Lab:
    """One browser page with JupyterLab or Notebook 7."""

    def __init__(self, page: Any, server: Any) -> None:
        self.page = page
        self.server = server
        self.complaints: list[str] = []
        page.on("pageerror", self._note_error)

    def _note_error(self, error: Any) -> None:
        if "Canceled future for create_subshell_request" not in str(error):  # JupyterLab does
            self.complaints.append(str(error))

    def write(self, name: str, *cells: str) -> Path:
        """Write a notebook with these code cells into the folder of the server."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        path: Path = self.server.root / name
        nbformat.write(notebook, path)
        return path

    def open(self, path: Path | None = None) -> None:
        """Show a file in a clean workspace, or nothing; wait until its kernel is ready."""
        name = "" if path is None else path.relative_to(self.server.root).as_posix()
        tree = f"/tree/{name}" if name else ""
        workspace = name.replace("/", "-").split(".")[0] or "empty"
        self.page.goto(f"{self.server.url}/lab/workspaces/{workspace}{tree}?reset&token={self.server.token}")
        self.wait_for_lab()
        if name:
            self.wait_for_kernel()

    def reload(self) -> None:
        """Load the page anew, as a user does; the kernel goes on."""
        self.page.reload()
        self.wait_for_lab()

    def wait_for_lab(self) -> None:
        """Wait until the application has restored its layout."""
        self.page.wait_for_function("() => window.jupyterapp", timeout=60_000)
        self.page.evaluate("() => window.jupyterapp.restored")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached", timeout=60_000)

    def wait_for_kernel(self) -> None:
        """Wait until the current notebook's kernel can take a cell: what is run earlier is lost."""
        self.page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell", timeout=60_000)
        self.page.wait_for_function(_KERNEL_IS_READY, timeout=60_000)

    def kernel_status(self) -> str:
        """Return what the page takes the current kernel to be doing."""
        status: str = self.page.evaluate(f"() => {_KERNEL}?.status")
        return status

    def command(self, command: str, **arguments: Any) -> None:
        """Execute a command of the application and wait for its end."""
        # What comes of it may be a widget, which nobody can send.
        self.page.evaluate(
            "([id, args]) => window.jupyterapp.commands.execute(id, args).then(() => undefined)",
            [command, arguments],
        )

    def run_all(self) -> list[str]:
        """Run all cells, wait for the last one, and return the errors."""
        self.command("notebook:run-all-cells")
        return self.errors()

    def begin_run_all(self) -> None:
        """Begin to run all cells."""
        self.page.evaluate(
            "() => { window.eflowsRun = window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
        )

    def end_run_all(self) -> list[str]:
        """Wait for what was begun and return the errors."""
        self.page.evaluate("() => window.eflowsRun")
        return self.errors()

    def errors(self) -> list[str]:
        """Return the error outputs of the current notebook."""
        errors: list[str] = self.page.evaluate(_ERRORS)
        return errors

    def show_panel(self) -> Any:
        """Bring the eFlows panel to the front and return it."""
        self.page.evaluate("() => window.jupyterapp.shell.activateById('eflows-nb-panel')")
        panel = self.page.locator("#eflows-nb-panel")
        panel.wait_for(state="visible")
        return panel

    def picture(self, name: str) -> Path:
        """Keep a picture of the page."""
        return keep_picture(self.page, name)


def keep_picture(page: Any, name: str) -> Path:
    """Keep a picture of a page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    page.screenshot(path=str(path))
    return path


def empty(folder: Path) -> None:
    """Remove all that lies in a folder of the server, which other tests have used."""
    for path in list(folder.iterdir()) if folder.exists() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)  # an engine that ends may still write
        else:
            path.unlink(missing_ok=True)


@pytest.fixture
def picture() -> Callable[[Any, str], Path]:
    """Give what keeps a picture of a page."""
    return keep_picture


@pytest.fixture(scope="session")
def lab_server(start_jupyter: Callable[..., Any]) -> Any:
    """Give a running JupyterLab."""
    return start_jupyter("jupyterlab", "--LabApp.expose_app_in_browser=True")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a running Chromium; while it runs, an event loop of Playwright's runs in this thread."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install it, or name it in EFLOWS_CHROMIUM")
    playwright_api.expect.set_options(timeout=30_000)  # engines start slowly on a busy machine
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Give an empty browser page that no other test has used."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def lab(page: Any, lab_server: Any) -> Iterator[Lab]:
    """Give a page for JupyterLab with no files and the usual settings; its kernels are ended afterwards."""
    for folder in ("work", "settings", "workspaces"):
        empty(lab_server.home / folder)
    lab = Lab(page, lab_server)
    yield lab
    lab.page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    assert lab.complaints == []
