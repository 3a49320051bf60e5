"""Which topics `ros2 bag record` records."""

from __future__ import annotations

import argparse
import re

from ros2cli.bag_arguments import topic_list
from ros2cli.node import is_hidden


def add_filter_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that a `TopicFilter` is made of."""
    parser.add_argument('topics_positional', nargs='*', metavar='topic', help='Topics to record')
    parser.add_argument('--topics', nargs='+', default=[], metavar='topic', help='Topics to record')
    parser.add_argument(
        '-a',
        '--all',
        '--all-topics',
        action='store_true',
        help='Record all topics, except hidden ones',
    )
    parser.add_argument(
        '-e', '--regex', help='Record only topics containing provided regular expression'
    )
    parser.add_argument(
        '-x',
        '--exclude-regex',
        '--exclude',
        help='Exclude topics containing provided regular expression. Works on top of --all, '
        '--regex or the list of topics.',
    )
    parser.add_argument(
        '--exclude-topics', nargs='+', default=[], metavar='topic', help='Topics not to record'
    )
    parser.add_argument(
        '--include-hidden-topics',
        action='store_true',
        help='Record hidden topics, too; topics that are named are recorded in any case',
    )
    parser.add_argument(
        '--no-discovery',
        action='store_true',
        help='Record only the topics present at startup',
    )


class TopicFilter:
    """Which topics to record."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Read the command line.

        Raises:
            RuntimeError: It chooses no topic, or a regular expression is invalid.
        """
        self.named = topic_list([*args.topics_positional, *args.topics])
        self._all = args.all
        self._regex = _compiled('--regex', args.regex)
        self._exclude = _compiled('--exclude-regex', args.exclude_regex)
        self._excluded = topic_list(args.exclude_topics)
        self._with_hidden = args.include_hidden_topics
        if not (self._all or self.named or self._regex):
            raise RuntimeError(
                'Need to specify at least one option out of --all, --topics or --regex'
            )

    def __call__(self, topic: str) -> bool:
        """Whether to record a topic."""
        if topic in self._excluded or (self._exclude and self._exclude.search(topic)):
            return False
        if topic in self.named:
            return True
        if is_hidden(topic) and not self._with_hidden:
            return False
        return self._all or bool(self._regex and self._regex.search(topic))

    def is_satisfied(self, topics: set[str]) -> bool:
        """Whether no other topic can come."""
        chosen = {topic for topic in self.named if self(topic)}
        return not self._all and not self._regex and topics >= chosen


def _compiled(option: str, text: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise RuntimeError(f"{option} '{text}' is not a regular expression: {error}") from error
