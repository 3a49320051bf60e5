import pytest

from ros2cli.topic_statistics import Intervals, bandwidth_text


@pytest.mark.parametrize(
    ('times', 'expected'),
    [((1_000, 1_010, 1_030), [10, 20]), ((1_000, 2_000, 500, 510), [10]), ((7,), [])],
)
def test_intervals_start_over_when_time_goes_back(times, expected):
    intervals = Intervals(10)
    for now in times:
        intervals.add(now)
    assert list(intervals.values) == expected


def test_only_the_last_intervals_are_kept():
    intervals = Intervals(2)
    for now in (1, 2, 4, 8):
        intervals.add(now)
    assert list(intervals.values) == [2, 4]


@pytest.mark.parametrize(
    ('sizes', 'texts'),
    [
        ([100, 300], ('200 B', '200 B', '100 B', '300 B')),
        ([0, 4000], ('2.00 KB', '2.00 KB', '0.00 KB', '4.00 KB')),
        ([5_000_000], ('2.50 MB', '5.00 MB', '5.00 MB', '5.00 MB')),
    ],
)
def test_bandwidth_is_told_in_one_unit(sizes, texts):
    total, mean, least, greatest = texts
    assert bandwidth_text(sizes, 2_000_000_000) == (
        f'{total}/s from {len(sizes)} messages\n'
        f'\tMessage size mean: {mean} min: {least} max: {greatest}'
    )
