"""Delay estimator: a decaying percentile without the cold start."""

from robot_bridge.delay import DelayEstimator


def test_cold_start_never_poisons_the_estimate():
    e = DelayEstimator(cold_start=1)
    e.add(1000.0)
    for _ in range(5):
        e.add(2.0)
    assert (e.estimate, e.percentile(100)) == (2.0, 2.0)


def test_old_delays_are_forgotten():
    e = DelayEstimator(window=10, cold_start=0)
    e.add(50.0)
    for _ in range(10):
        e.add(1.0)
    assert e.percentile(100) == 1.0


def test_another_policy_starts_cold_again():
    e = DelayEstimator(cold_start=1)
    for delay in (9.0, 2.0):
        e.add(delay)
    e.restart()
    e.add(9.0)
    assert e.estimate == 0.0


def test_nothing_measured_is_zero():
    assert DelayEstimator().estimate == 0.0
