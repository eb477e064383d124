"""``@on_failure`` that leaves the function as it is."""

from __future__ import annotations

from eflows_nb.pycompss.api.dummy.decorator import Plain

__all__ = ["OnFailure", "on_failure"]

on_failure = OnFailure = Plain
