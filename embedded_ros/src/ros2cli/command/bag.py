"""`ros2 bag`: record topics, play them again, and look at what was recorded."""

from __future__ import annotations

import argparse

from ros2cli import bag_info, bag_play, bag_record
from ros2cli.verbs import Verbs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = Verbs(parser)
    bag_info.add(verbs)
    bag_play.add(verbs)
    bag_record.add(verbs)
    verbs.add_missing('burst', 'convert', 'list', 'reindex')
