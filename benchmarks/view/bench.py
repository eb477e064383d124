"""Draw task graphs in Chromium with the run view, React Flow and Cytoscape, and print how long it takes.

    python benchmarks/view/bench.py [--tasks 100000] [--peers FOLDER] [--json FILE] [--pictures FOLDER]

It needs Node with what `jlpm install` puts into `extension/`, Playwright, and Chromium. The peers are
installed by npm into a folder of their own the first time; without a network they are left out. See
docs/jupyterlab.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
EXTENSION = HERE.parents[1] / "extension"
PEERS = {
    "react-flow": ("reactflow.tsx", "React Flow", ["@xyflow/react@12", "react@18", "react-dom@18"]),
    "cytoscape": ("cytoscape.ts", "Cytoscape", ["cytoscape@3"]),
}
PEER_SIZES = (1000, 3000)
FRAMES = 240
SECONDS = 5
BOUNDS = {"first paint": 1000.0, "pan median": 16.0, "deltas p99": 50.0}
"""Milliseconds that the run view promises for 100,000 tasks."""


def main() -> int:
    """Measure and print; the exit code says whether the run view keeps its promises."""
    arguments = _parsed()
    peers = _install(arguments.peers)
    with tempfile.TemporaryDirectory() as folder:
        pages = {"own": ("own.ts", "run view"), **{key: PEERS[key][:2] for key in peers}}
        for key, (source, _) in pages.items():
            _bundle(HERE / "pages" / source, Path(folder) / f"{key}.js", arguments.peers)
        found: list[dict[str, Any]] = []
        sizes = {"own": (*PEER_SIZES, arguments.tasks), **dict.fromkeys(peers, PEER_SIZES)}
        for key, number in [(name, number) for name in pages for number in sizes[name]]:
            print(f"{pages[key][1]}, {number} tasks …", file=sys.stderr, flush=True)
            page = Path(folder) / f"{key}.js"
            found.append({"name": pages[key][1], "tasks": number, **_measure(page, number, arguments)})
    _report(found)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")
    return _judge(found[len(PEER_SIZES)]) if arguments.tasks == 100_000 else 0


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", type=int, default=100_000, help="for the run view (%(default)s)")
    parser.add_argument(
        "--peers",
        type=Path,
        default=Path(tempfile.gettempdir()) / "eflows-view-peers",
        help="where the peers are, or are installed (%(default)s)",
    )
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    parser.add_argument("--pictures", type=Path, help="keep pictures of what was drawn in this folder")
    return parser.parse_args()


def _install(folder: Path) -> list[str]:
    """Return those of the peers that are there."""
    packages = [package for _, _, names in PEERS.values() for package in names]
    if not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", *packages]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"The peers cannot be installed: {error}.", file=sys.stderr)
    return [
        key
        for key, (_, _, names) in PEERS.items()
        if (folder / "node_modules" / names[0].rpartition("@")[0]).exists()
    ]


def _bundle(source: Path, target: Path, peers: Path) -> None:
    esbuild = EXTENSION / "node_modules" / ".bin" / "esbuild"
    if not esbuild.exists():
        raise SystemExit(f"{esbuild} is not there. Run `jlpm install` in extension/ first.")
    modules = [str(peers / "node_modules"), str(EXTENSION / "node_modules")]
    subprocess.run(
        [
            str(esbuild),
            str(source),
            "--bundle",
            f"--outfile={target}",
            "--define:process.env.NODE_ENV='production'",
        ],
        check=True,
        capture_output=True,
        env={**os.environ, "NODE_PATH": os.pathsep.join(modules)},
    )


def _measure(script: Path, tasks: int, arguments: argparse.Namespace) -> dict[str, float]:
    with _page() as page:
        style = script.with_suffix(".css")
        if style.exists():
            page.add_style_tag(path=str(style))
        page.add_script_tag(path=str(script))
        first = page.evaluate("tasks => bench.first(tasks)", tasks)
        if arguments.pictures is not None:
            arguments.pictures.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(arguments.pictures / f"{script.stem}-{tasks}.png"))
        pan = page.evaluate("frames => bench.pan(frames)", FRAMES)
        if arguments.pictures is not None:
            page.screenshot(path=str(arguments.pictures / f"{script.stem}-{tasks}-panned.png"))
        deltas = page.evaluate("seconds => bench.deltas(seconds)", SECONDS)
    return {
        "first paint": first,
        "pan median": statistics.median(pan),
        "pan p99": _percentile(pan, 99),
        "deltas median": statistics.median(deltas),
        "deltas p99": _percentile(deltas, 99),
    }


class _page:  # noqa: N801
    """A fresh page in a fresh Chromium that draws as fast as it can."""

    def __enter__(self) -> Any:
        chromium = (
            os.environ.get("EFLOWS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        )
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-frame-rate-limit",
                "--disable-gpu-vsync",
            ],
        )
        page = self._browser.new_page(viewport={"width": 1200, "height": 860})
        page.set_default_timeout(300_000)
        page.set_content("<!doctype html><body style='margin:0'></body>")
        return page

    def __exit__(self, *_: object) -> None:
        self._browser.close()
        self._playwright.stop()


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else values[0]


def _report(found: list[dict[str, Any]]) -> None:
    columns = ["first paint", "pan median", "pan p99", "deltas median", "deltas p99"]
    print("| ms | tasks |" + "|".join(f" {column} " for column in columns) + "|")
    print("|---|---:|" + "---:|" * len(columns))
    for line in found:
        cells = "|".join(f" {line[column]:.1f} " for column in columns)
        print(f"| {line['name']} | {line['tasks']:,} |{cells}|")
    for ratio in _ratios(found, columns):
        print(ratio)


def _ratios(found: list[dict[str, Any]], columns: list[str]) -> Iterator[str]:
    own = {line["tasks"]: line for line in found if line["name"] == "run view"}
    for line in found:
        if line["name"] != "run view":
            mine = own[line["tasks"]]
            times = ", ".join(f"{column} {line[column] / mine[column]:.1f} x" for column in columns)
            print()
            yield f"{line['name']} at {line['tasks']:,} tasks, in times of the run view: {times}."


def _judge(line: dict[str, Any]) -> int:
    broken = [
        f"{name} {line[name]:.1f} ms, not below {bound:g}"
        for name, bound in BOUNDS.items()
        if line[name] >= bound
    ]
    print("\n100,000 tasks: " + ("; ".join(broken) if broken else "all bounds are kept") + ".")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
