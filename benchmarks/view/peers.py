"""Measures other views on the same graph, in a page of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from figures import Figures, frames
from laboratory import opened

__all__ = ["PEERS", "SIZES", "install", "measure"]

HERE = Path(__file__).parent
EXTENSION = HERE.parents[1] / "extension"
PEERS = {
    "react-flow": ("reactflow.tsx", "React Flow", ["@xyflow/react@12", "react@18", "react-dom@18"]),
    "cytoscape": ("cytoscape.ts", "Cytoscape", ["cytoscape@3"]),
}
SIZES = (1000, 3000)
"""Larger ones they do not do in a time that anybody would wait."""
FRAMES, SECONDS = 240, 5


def install(folder: Path) -> list[str]:
    """Return those of the peers that are in this folder; npm brings them the first time."""
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


def measure(peer: str, tasks: int, folder: Path, pictures: Path | None, *, nice: int = 0) -> Figures:
    """Return what a peer takes for a graph of so many tasks, at our positions."""
    source, name, _ = PEERS[peer]
    with tempfile.TemporaryDirectory() as built, opened(width=1200, height=860, nice=nice) as page:
        script = Path(built) / f"{peer}.js"
        _bundle(HERE / "pages" / source, script, folder)
        page.set_content("<!doctype html><body style='margin:0'></body>")
        if script.with_suffix(".css").exists():
            page.add_style_tag(path=str(script.with_suffix(".css")))
        page.add_script_tag(path=str(script))
        paint = page.evaluate("tasks => bench.first(tasks)", tasks)
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(pictures / f"{peer}-{tasks}.png"))
        pan = page.evaluate("frames => bench.pan(frames)", FRAMES)
        deltas = page.evaluate("seconds => bench.deltas(seconds)", SECONDS)
    return Figures(name=name, tasks=tasks, paint=paint, pan=frames(pan), deltas=frames(deltas))


def _bundle(source: Path, target: Path, peers: Path) -> None:
    esbuild = EXTENSION / "node_modules" / ".bin" / "esbuild"
    if not esbuild.exists():
        raise SystemExit(f"{esbuild} is not there. Run `jlpm install` in extension/ first.")
    modules = [str(peers / "node_modules"), str(EXTENSION / "node_modules")]
    command = [str(esbuild), str(source), "--bundle", f"--outfile={target}"]
    subprocess.run(
        [*command, "--define:process.env.NODE_ENV='production'"],
        check=True,
        capture_output=True,
        env={**os.environ, "NODE_PATH": os.pathsep.join(modules)},
    )
