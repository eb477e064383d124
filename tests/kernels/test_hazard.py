"""Progressive hazard: same answer in any order and in any number of pieces; honest about its error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eflows_kernels.hazard import Hazard

THRESHOLDS = [0.1, 0.5, 1.0]


def ensemble(count, *, seed=4):
    """Return fields of many members and their weights."""
    rng = np.random.default_rng(seed)
    return rng.lognormal(-0.5, 0.8, (count, 3, 4)), rng.uniform(0.5, 2.0, count)


def hazard_of(fields, weights):
    """Return the hazard of members added one by one."""
    hazard = Hazard(THRESHOLDS, fields.shape[1:])
    for field, weight in zip(fields, weights, strict=True):
        hazard.add(field, weight=float(weight))
    return hazard


def test_progressive_hazard_is_that_of_the_whole_ensemble_at_once():
    """Probability, mean and deviation equal the direct weighted ones."""
    fields, weights = ensemble(40)

    hazard = hazard_of(fields, weights)

    w = weights / weights.sum()
    mean = np.einsum("m,mij->ij", w, fields)
    for index, threshold in enumerate(THRESHOLDS):
        np.testing.assert_allclose(hazard.probability[index], np.einsum("m,mij->ij", w, fields > threshold))
    np.testing.assert_allclose(hazard.mean, mean)
    np.testing.assert_allclose(hazard.deviation, np.sqrt(np.einsum("m,mij->ij", w, (fields - mean) ** 2)))


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(9)), cut=st.integers(0, 9))
def test_members_may_come_in_any_order_and_in_pieces(order, cut):
    """Two partial hazards merged equal one, whoever finished first."""
    fields, weights = ensemble(9)
    order = np.array(order)
    whole = hazard_of(fields, weights)

    part = hazard_of(fields[order[:cut]], weights[order[:cut]])
    part.merge(hazard_of(fields[order[cut:]], weights[order[cut:]]))

    assert part.members == 9
    np.testing.assert_allclose(part.probability, whole.probability, atol=1e-12)
    np.testing.assert_allclose(part.mean, whole.mean, atol=1e-12)
    np.testing.assert_allclose(part.deviation, whole.deviation, atol=1e-12)
    assert part.standard_error == pytest.approx(whole.standard_error)


def test_land_that_stays_dry_has_no_probability():
    """NaN where no member brought water; where one did, the dry ones count as not exceeding."""
    hazard = Hazard([0.5], (3,))
    hazard.add(np.array([np.nan, np.nan, 1.0]))
    hazard.add(np.array([np.nan, 2.0, 1.0]))

    np.testing.assert_array_equal(hazard.probability, [[np.nan, 0.5, 1.0]])


def test_the_standard_error_is_that_of_independent_draws():
    """Over many small ensembles the probabilities scatter about as much as each ensemble says of itself."""
    rng = np.random.default_rng(8)
    estimates, errors = [], []
    for _ in range(300):
        hazard = Hazard([0.6], (1,))
        for value in rng.random(20):
            hazard.add(np.array([value]))
        estimates.append(hazard.probability[0, 0])
        errors.append(hazard.standard_error)

    assert np.mean(errors) == pytest.approx(np.std(estimates), rel=0.1)


def test_an_ensemble_stops_when_its_error_is_small_and_not_before():
    """Agreement of very few members is not taken for convergence."""
    hazard = Hazard([0.5], (2,))
    history = []
    for _ in range(30):
        hazard.add(np.array([1.0, 0.2]))
        history.append(hazard.converged(tolerance=0.05))

    first = history.index(True) + 1
    assert first >= 8
    assert all(history[first - 1 :])
    assert Hazard([0.5], (2,)).standard_error == float("inf")


def test_what_does_not_fit_is_refused():
    """Another shape, other thresholds and a weight of zero are errors."""
    hazard = Hazard([0.5], (2,))
    with pytest.raises(ValueError, match=r"member has shape \(3,\), the hazard \(2,\)"):
        hazard.add(np.zeros(3))
    with pytest.raises(ValueError, match="cannot weigh 0"):
        hazard.add(np.zeros(2), weight=0.0)
    with pytest.raises(ValueError, match="thresholds and shapes are equal"):
        hazard.merge(Hazard([0.6], (2,)))
    with pytest.raises(ValueError, match="at least one threshold"):
        Hazard([], (2,))
