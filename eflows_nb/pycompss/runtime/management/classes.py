"""The class of futures."""

from __future__ import annotations

from eflows_nb.runtime.future import Future

__all__ = ["Future"]
