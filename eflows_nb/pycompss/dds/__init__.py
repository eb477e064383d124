"""Distributed data sets: ``from pycompss.dds import DDS``."""

from __future__ import annotations

from eflows_nb.pycompss.dds.dds import DDS

__all__ = ["DDS"]
