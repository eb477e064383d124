"""``@reduction`` that leaves the function as it is."""

from __future__ import annotations

from eflows_nb.pycompss.api.dummy.decorator import Plain

__all__ = ["Reduction", "reduction"]

reduction = Reduction = Plain
