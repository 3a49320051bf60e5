import pytest

from ros2cli.topic_statistics import bandwidth_text, rate_text


def test_rate_is_that_of_the_intervals():
    assert rate_text([10**9, 2 * 10**9, 5 * 10**9]) == (
        'average rate: 0.500\n\tmin: 1.000s max: 3.000s std dev: 1.00000s window: 2'
    )


def test_time_that_goes_back_is_no_interval():
    assert rate_text([7]) == rate_text([9, 7]) == ''
    assert 'average rate: 1.000\n' in rate_text([5 * 10**9, 10**9, 2 * 10**9])


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
