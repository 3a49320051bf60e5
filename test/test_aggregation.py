"""Aggregations: the weights that the field knows by these names."""

import numpy as np
import pytest

from robot_bridge.aggregation import AGGREGATES, find_aggregate, temporal_ensemble
from segue_core.parameters import ParameterError

OLD, NEW, ONE = np.array([[1.0]]), np.array([[2.0]]), np.array([1])


@pytest.mark.parametrize(('name', 'merged'), [
    ('weighted_average', 1.7), ('latest_only', 2.0), ('average', 1.5), ('conservative', 1.3),
    ('rtc', 2.0), ('temporal_ensemble', (1 + 2 * np.exp(-0.01)) / (1 + np.exp(-0.01))),
])
def test_one_old_and_one_new_prediction_merge_as_documented(name, merged):
    assert AGGREGATES[name](OLD, NEW, ONE) == pytest.approx(np.array([[merged]]))


@pytest.mark.parametrize('decay', [0.0, 0.01, 1.0])
def test_ensemble_built_step_by_step_is_the_weighted_mean_of_all_predictions(decay):
    predictions = np.array([[3.0], [-1.0], [7.0], [2.0]])
    merged = predictions[:1]
    for k in range(1, len(predictions)):
        merged = temporal_ensemble(decay)(merged, predictions[k:k + 1], np.array([k]))
    weights = np.exp(-decay * np.arange(len(predictions)))
    assert merged[0] == pytest.approx(weights @ predictions / weights.sum())


def test_each_row_is_weighted_by_its_own_count():
    merged = temporal_ensemble(0.0)(np.zeros((2, 1)), np.ones((2, 1)), np.array([1, 3]))
    assert merged[:, 0] == pytest.approx([0.5, 0.25])


def newest_half(old, new, counts):
    return (old + new) / 2


def test_own_function_is_found_by_its_path():
    assert find_aggregate('test_aggregation:newest_half')(OLD, NEW, ONE) == 1.5


@pytest.mark.parametrize('name', ['mean', 'nowhere:mean', 'test_aggregation:mean',
                                  'test_aggregation:OLD', 'os:path', ':'])
def test_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(ParameterError, match=f'one of weighted_average, .* got .{name}'):
        find_aggregate(name)
