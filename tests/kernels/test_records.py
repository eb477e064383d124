"""Sea-level records: the tide taken off and the first crest found, on made and on real records."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from eflows_kernels.records import arrival, detided, first_crest

FOLDER = Path(os.environ.get("EFLOWS_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
DATA = FOLDER / "dart_tohoku_2011.csv"
TIME = np.arange(0.0, 3 * 3600.0, 60.0)
WAVE = 0.8 * np.exp(-(((TIME - 4000.0) / 400.0) ** 2)) - 0.4 * np.exp(-(((TIME - 5200.0) / 500.0) ** 2))


def test_a_tide_is_taken_off_without_bending_the_wave():
    """A semidiurnal tide of 80 cm, drift, noise, a shaken sensor and spikes leave the crest within 4 cm."""
    rng = np.random.default_rng(6)
    tide = -20.0 + 0.8 * np.sin(2 * np.pi * (TIME / 44712.0) + 0.7) + 1e-6 * TIME
    shaken = np.where((TIME > 240) & (TIME < 600), rng.normal(0, 0.6, TIME.size), 0.0)
    record = tide + WAVE + shaken + rng.normal(0, 0.01, TIME.size)
    record[[120, 150]] -= 1.1

    crest = first_crest(TIME, detided(TIME, record), after=900.0)

    assert crest is not None
    assert crest.time == pytest.approx(4000.0, abs=120.0)
    assert crest.height == pytest.approx(0.8, abs=0.04)


def test_the_first_of_two_crests_counts_if_it_is_high_enough():
    """A crest of 0.9 of the largest is the first; one of 0.5 is passed over; the trough before is told."""
    height = np.array([0.0, -0.2, 0.9, 0.1, 1.0, 0.0])
    time = np.arange(6.0)

    assert first_crest(time, height) == (2.0, 0.9, -0.2)
    assert first_crest(time, height, share=0.95) == (4.0, 1.0, -0.2)
    assert first_crest(time, height, after=3.0) == (4.0, 1.0, 0.1)
    assert first_crest(time, -np.ones(6)) is None
    assert first_crest(time, time) is None


def test_missing_values_stay_missing_and_do_not_disturb():
    """A gap in a record neither fails the fit nor hides the crest."""
    record = WAVE + 3.0
    record[20:30] = np.nan

    rest = detided(TIME, record)

    assert np.isnan(rest[20:30]).all()
    assert first_crest(TIME, rest).height == pytest.approx(0.8, abs=0.02)
    with pytest.raises(ValueError, match="record with 3 values cannot be rid of its tide"):
        detided(TIME[:3], record[:3])


def test_arrival_is_the_first_departure_from_rest():
    """A trough counts as much as a crest; a wave that never comes has no time."""
    assert arrival(np.arange(4.0), np.array([0.0, -0.02, 0.5, 0.0]), threshold=0.01) == 1.0
    assert np.isnan(arrival(np.arange(4.0), np.zeros(4), threshold=0.01))


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the buoys' records are not beside the checkout")
@pytest.mark.parametrize(
    ("buoy", "minutes", "metres"),
    [("21418", 33, 1.83), ("21401", 67, 0.67), ("21413", 81, 0.77), ("21419", 90, 0.56)],
)
def test_the_records_of_2011_give_their_known_crests(buoy, minutes, metres):
    """Time to the minute and height to 4 cm at the four DART buoys of the Tohoku tsunami."""
    with DATA.open() as file:
        rows = [row for row in csv.DictReader(file) if row["buoy"] == buoy]
    time = np.array([float(row["seconds_after_origin"]) for row in rows])
    height = np.array([float(row["water_column_height_anomaly_m"]) for row in rows])

    crest = first_crest(time, detided(time, height), after=900.0)

    assert crest is not None
    assert crest.time / 60.0 == pytest.approx(minutes, abs=1.0)
    assert crest.height == pytest.approx(metres, abs=0.05)
