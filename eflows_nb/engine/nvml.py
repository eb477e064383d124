"""NVIDIA's library that tells of GPUs, where there are any and it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["open_nvml"]


def open_nvml() -> Any:
    """Return the module ``pynvml``, ready to be asked; None without a GPU or without it."""
    if not Path("/dev/nvidiactl").exists() or find_spec("pynvml") is None:
        return None
    import pynvml  # type: ignore[import-not-found]

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml
