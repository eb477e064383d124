"""Sources: sizes, places and moments of single planes and of ensembles."""

import itertools

import numpy as np
import pytest

from eflows_kernels.scaling import ScalingRelation, rupture_size
from eflows_kernels.sources import (
    SHALLOWEST,
    Event,
    Uncertainty,
    best_source,
    rough_slip,
    sampled_sources,
)
from eflows_kernels.sphere import offset

TOHOKU = Event(magnitude=9.1, longitude=142.37, latitude=38.3, depth=29e3, strike=203.0, dip=10.0, rake=88.0)
MAULE = Event(magnitude=8.8, longitude=-72.9, latitude=-36.1, depth=23e3, strike=18.0, dip=18.0, rake=112.0)
UNCERTAIN = Uncertainty(magnitude=0.15, position=20e3, depth=5e3, strike=10.0, dip=3.0, rake=10.0)


def members(count, *, seed=1, uncertainty=UNCERTAIN, **options):
    """Return the first members of an ensemble about the Tohoku earthquake."""
    rng = np.random.default_rng(seed)
    return list(itertools.islice(sampled_sources(TOHOKU, uncertainty, rng=rng, **options), count))


@pytest.mark.parametrize("relation", ScalingRelation)
@pytest.mark.parametrize("event", [TOHOKU, MAULE])
def test_a_source_has_the_moment_of_its_magnitude(event, relation):
    """Whatever the relation makes of length and width, slip gives the event's magnitude back."""
    assert best_source(event, relation=relation).magnitude == pytest.approx(event.magnitude, abs=1e-12)


def test_the_hypocentre_lies_in_the_middle_of_a_deep_enough_plane():
    """The centre of the best source of Tohoku is its hypocentre, its size that of Strasser et al. 2010."""
    plane = best_source(TOHOKU)

    assert plane.longitude == pytest.approx([142.37])
    assert plane.depth == pytest.approx([29e3])
    assert plane.length == pytest.approx([702.3e3], rel=1e-3)
    assert plane.width == pytest.approx([205.1e3], rel=1e-3)


def test_a_plane_that_would_reach_the_sea_bed_slides_down_along_itself():
    """The top of the Maule source stays below the sea bed and the hypocentre on the plane."""
    plane = best_source(MAULE)

    assert plane.top == pytest.approx([SHALLOWEST])
    east, north = offset(plane.longitude, plane.latitude, origin=(MAULE.longitude, MAULE.latitude))
    strike, dip = np.radians(MAULE.strike), np.radians(MAULE.dip)
    right = east * np.cos(strike) - north * np.sin(strike)
    assert plane.depth - MAULE.depth == pytest.approx(right * np.tan(dip), rel=1e-9)


def test_a_rupture_spreads_from_its_hypocentre():
    """A great plane slips on average after a good minute, and patches near the hypocentre first."""
    plane = best_source(TOHOKU)
    source = members(1, patches=(12, 5))[0]

    assert 60.0 < plane.centroid_time < 90.0
    times = source.rupture_time.reshape(12, 5).mean(1)
    assert times.min() + 20.0 < times.max()
    assert times.min() < source.centroid_time < times.max()


def test_an_ensemble_spreads_as_the_uncertainty_says():
    """Mean and scatter of what 256 members have are those asked for."""
    found = members(256)

    magnitude = np.array([m.magnitude for m in found])
    strike = np.array([m.strike[0] for m in found])
    length = np.log10([m.length.sum() for m in found])
    assert (magnitude.mean(), magnitude.std()) == pytest.approx((9.1, 0.15), abs=0.01)
    assert (strike.mean(), strike.std()) == pytest.approx((203.0, 10.0), abs=0.5)
    # The scatter of the relation and that of the magnitude add up.
    assert length.std() == pytest.approx(np.hypot(0.180, 0.585 * 0.15), rel=0.06)
    assert min(m.top.min() for m in found) >= SHALLOWEST - 1e-6


def test_any_beginning_of_an_ensemble_is_spread_evenly():
    """The first 16 magnitudes fill eight equally likely classes almost evenly, whatever the seed."""
    for seed in range(5):
        magnitude = np.array([m.magnitude for m in members(16, seed=seed)])
        classes = np.quantile([m.magnitude for m in members(512, seed=99)], np.linspace(0, 1, 9)[1:-1])
        counts = np.bincount(np.searchsorted(classes, magnitude), minlength=8)

        assert counts.max() <= 4
        assert counts.min() >= 1


def test_the_same_seed_gives_the_same_ensemble_and_another_one_another():
    """Randomness comes in through the generator alone."""
    first, again, other = members(3), members(3), members(3, seed=2)

    assert [m.slip.tolist() for m in first] == [m.slip.tolist() for m in again]
    assert first[0].slip.tolist() != other[0].slip.tolist()


def test_an_event_without_uncertainty_still_scatters_in_size_and_place():
    """What no service reports, the size of the plane and where it broke, stays unknown."""
    found = members(8, uncertainty=Uncertainty())

    assert {round(m.magnitude, 9) for m in found} == {9.1}
    assert len({round(float(m.length[0])) for m in found}) == 8


def test_patches_share_a_plane_and_its_moment():
    """Rough slip changes where slip is, not how much: same moment, one plane, all of it below the bed."""
    source = members(1, patches=(12, 5))[0]

    assert len(source) == 60
    assert source.slip.min() > 0
    assert source.slip.std() > 0.3 * source.slip.mean()
    assert source.top.min() >= SHALLOWEST - 1e-6
    depths = source.depth.reshape(12, 5)
    assert (np.diff(depths, axis=1) > 0).all()
    np.testing.assert_allclose(depths, np.broadcast_to(depths[:1], depths.shape))


def test_rough_slip_has_the_variation_and_the_correlation_it_claims():
    """Over many patterns: mean 1, three quarters of scatter, neighbours alike, far ends not."""
    rng = np.random.default_rng(11)
    patterns = np.log([rough_slip((8, 4), rng=rng) for _ in range(1500)])

    # Dividing by each pattern's own mean takes a part of the common scatter away.
    correlation = np.corrcoef(patterns[:, 1, 1], patterns[:, 2, 1])[0, 1]
    far = np.corrcoef(patterns[:, 0, 0], patterns[:, 7, 3])[0, 1]
    assert np.exp(patterns).mean() == pytest.approx(1.0)
    assert 0.5 < np.exp(patterns).std() < 0.8
    assert correlation > 0.4 > 0.1 > far


@pytest.mark.parametrize(
    ("relation", "length", "width"),
    [
        # Log10 of kilometres at magnitude 7.5, worked out by hand from the papers' coefficients.
        ("strasser2010-interface", 1.9105, 1.7505),
        ("strasser2010-intraslab", 1.865, 1.612),
        ("allen-hayes2017-interface", 1.825, 1.69),
        ("blaser2010-reverse", 1.905, 1.59),
        ("wells-coppersmith1994-reverse", 1.93, 1.465),
        ("wells-coppersmith1994-normal", 1.87, 1.485),
        ("wells-coppersmith1994-strike-slip", 2.08, 1.265),
    ],
)
def test_scaling_relations_give_their_papers_sizes(relation, length, width):
    """Each published line is reproduced at magnitude 7.5."""
    size = rupture_size(7.5, relation)

    assert np.log10([size.length / 1e3, size.width / 1e3]) == pytest.approx([length, width], abs=1e-9)


def test_what_makes_no_source_is_refused_in_words():
    """A depth in the wrong unit, an unknown relation and an impossible dip name themselves."""
    event = {"magnitude": 8.0, "longitude": 0.0, "latitude": 0.0, "strike": 0.0, "rake": 90.0}
    with pytest.raises(ValueError, match=r"hypocentre lies at 0\.029 km.*in kilometres"):
        Event(**event, dip=10.0, depth=29.0)
    with pytest.raises(ValueError, match="dip of the event is 0 degrees"):
        Event(**event, dip=0.0, depth=29e3)
    with pytest.raises(ValueError, match="latitude of the event is 95"):
        Event(**event | {"latitude": 95.0}, dip=10.0, depth=29e3)
    with pytest.raises(ValueError, match="no scaling relation 'hanks'; choose one of strasser2010-interface"):
        rupture_size(8.0, "hanks")
