"""How long engines wait for the client, which may hold its interpreter for seconds."""

from __future__ import annotations

__all__ = ["Lag"]

_HALF_LIFE = 10.0


class Lag:
    """The longest time of late that word of an engine has waited until the client took it.

    Clocks of hosts differ; of each engine the word that waited least shows by how much.
    """

    def __init__(self) -> None:
        self._youngest: dict[int, float] = {}
        self._longest = 0.0
        self._since = 0.0

    def note(self, engine: int, sent: float, now: float) -> None:
        """Take in word of an engine, sent by its clock and taken by that of the client, in seconds."""
        age = now - sent
        youngest = self._youngest.get(engine)
        if youngest is None or age < youngest:
            self._youngest[engine] = youngest = age
        if age - youngest >= self.seconds(now):
            self._longest = age - youngest
            self._since = now

    def seconds(self, now: float) -> float:
        """Return the lag in seconds; what was long ago counts for less."""
        if not self._longest:
            return 0.0
        return float(self._longest * 0.5 ** ((now - self._since) / _HALF_LIFE))
