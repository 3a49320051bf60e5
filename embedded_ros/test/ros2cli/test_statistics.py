import pytest

from ros2cli.statistics import Bandwidth, Rate, Window, summarize
from ros2cli.topic_rates import byte_text, table


def test_summary():
    summary = summarize([1, 2, 3])
    assert summary[:3] == (2, 1, 3)
    assert summary.std_dev == pytest.approx((2 / 3) ** 0.5)
    assert summary.number == 3


def test_window_keeps_the_last_values_and_tells_news_once():
    window = Window(2)
    assert window.news() is None
    for value in (1, 2, 3):
        window.add(value)
    assert window.news().mean == 2.5
    assert window.news() is None


def test_rate_is_of_the_intervals():
    rate = Rate(10)
    for now in (1_000, 1_010, 1_030):
        rate.add(now)
    assert rate.news()[:3] == (15, 10, 20)


def test_rate_starts_over_when_time_goes_back():
    rate = Rate(10)
    for now in (1_000, 2_000, 500, 510):
        rate.add(now)
    assert rate.news().mean == 10


def test_bandwidth_is_since_the_oldest_message_kept():
    bandwidth = Bandwidth(2)
    bandwidth.add(0, 1000)
    assert bandwidth.per_second(1) is None
    bandwidth.add(1_000_000_000, 100)
    bandwidth.add(2_000_000_000, 300)
    per_second, sizes = bandwidth.per_second(3_000_000_000)
    assert per_second == pytest.approx(200)
    assert (sizes.mean, sizes.least, sizes.greatest, sizes.number) == (200, 100, 300, 2)


@pytest.mark.parametrize(
    ('count', 'scale', 'text'),
    [(12, 999, '12 B'), (1234, 1000, '1.23 KB'), (12, 1000, '0.01 KB'), (2.5e6, 1e6, '2.50 MB')],
)
def test_bytes_are_told_in_the_unit_of_a_scale(count, scale, text):
    assert byte_text(count, scale) == text


def test_table_has_columns_as_wide_as_needed():
    assert table(('a', 'name'), [('long', 'x'), ('b', 'y')]) == (
        ' a     name\n===========\nlong   x   \nb      y   \n'
    )
