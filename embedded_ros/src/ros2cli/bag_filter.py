"""Which topics `ros2 bag record` records."""

from __future__ import annotations

import argparse
import re

from ros2cli.arguments import argument, flag
from ros2cli.node import absolute_name, is_hidden

FILTER_ARGUMENTS = (
    argument('named', nargs='*', metavar='topic', help='Topics to record'),
    argument('--topics', nargs='+', default=[], metavar='topic', help='Topics to record'),
    flag('-a', '--all', '--all-topics', help='Record all topics, except hidden ones'),
    argument('-e', '--regex', help='Record only topics containing this regular expression'),
    argument('-x', '--exclude-regex', help='Leave out topics containing this regular expression'),
    argument('--exclude-topics', nargs='+', default=[], metavar='topic', help='Leave these out'),
    flag('--include-hidden-topics', help='Record hidden topics, too, not only those named'),
)


class TopicFilter:
    """Which topics to record."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Read the command line.

        Raises:
            RuntimeError: It chooses no topic, or a regular expression is invalid.
        """
        self._named = [absolute_name(name) for name in (*args.named, *args.topics)]
        self._excluded = [absolute_name(name) for name in args.exclude_topics]
        self._regex = _compiled('--regex', '' if args.all else args.regex)
        self._exclude = _compiled('--exclude-regex', args.exclude_regex)
        self._with_hidden = args.include_hidden_topics
        if self._regex is None and not self._named:
            raise RuntimeError(
                'Need to specify at least one option out of --all, --topics or --regex'
            )

    def __call__(self, topic: str) -> bool:
        """Whether to record a topic."""
        if topic in self._excluded or (self._exclude and self._exclude.search(topic)):
            return False
        is_found = self._regex is not None and self._regex.search(topic) is not None
        return topic in self._named or (is_found and (self._with_hidden or not is_hidden(topic)))


def _compiled(option: str, text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        raise RuntimeError(f"{option} '{text}' is not a regular expression: {error}") from error
