import argparse

import pytest

from ros2cli.arguments import add_arguments
from ros2cli.bag_filter import FILTER_ARGUMENTS, TopicFilter


def _filter(*arguments):
    parser = argparse.ArgumentParser()
    add_arguments(parser, None, FILTER_ARGUMENTS)
    return TopicFilter(parser.parse_args(arguments))


@pytest.mark.parametrize(
    ('arguments', 'chosen'),
    [
        (['-a'], ['/a', '/b/c']),
        (['--all-topics', '--include-hidden-topics'], ['/a', '/b/c', '/b/_h']),
        (['a', '--topics', '/b/_h'], ['/a', '/b/_h']),
        (['-e', '^/b'], ['/b/c']),
        (['-e', 'b', '/a'], ['/a', '/b/c']),
        (['-a', '-x', 'c$'], ['/a']),
        (['-a', '--exclude-topics', 'a'], ['/b/c']),
        (['/a', '-x', 'a'], []),
    ],
)
def test_topics_are_chosen(arguments, chosen):
    wanted = _filter(*arguments)
    assert [topic for topic in ('/a', '/b/c', '/b/_h') if wanted(topic)] == chosen
