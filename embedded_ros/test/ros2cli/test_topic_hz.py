from ros2cli.topic_hz import rate_text


def test_rate_is_that_of_the_intervals():
    assert rate_text([10**9, 2 * 10**9, 5 * 10**9]) == (
        'average rate: 0.500\n\tmin: 1.000s max: 3.000s std dev: 1.00000s window: 2\n'
    )


def test_time_that_goes_back_is_no_interval():
    assert rate_text([7]) == rate_text([9, 7]) == ''
    assert 'average rate: 1.000\n' in rate_text([5 * 10**9, 10**9, 2 * 10**9])
