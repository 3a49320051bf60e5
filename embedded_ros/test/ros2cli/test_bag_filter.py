import argparse

import pytest

from ros2cli.bag_filter import TopicFilter, add_filter_arguments


def _filter(*arguments):
    parser = argparse.ArgumentParser()
    add_filter_arguments(parser)
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


@pytest.mark.parametrize(
    ('arguments', 'is_satisfied'),
    [(['/a'], True), (['/a', '/z'], False), (['/a', '/z', '-x', 'z'], True), (['-a'], False)],
)
def test_discovery_ends_when_all_named_topics_are_there(arguments, is_satisfied):
    assert _filter(*arguments).is_satisfied({'/a', '/b/c'}) is is_satisfied
