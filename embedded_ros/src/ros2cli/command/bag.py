"""`ros2 bag`: record topics, play them again, and look at what was recorded."""

from __future__ import annotations

from ros2cli import bag_info, bag_play, bag_record, bag_reindex
from ros2cli.arguments import Verbs

verbs = Verbs('burst', 'convert', 'list')
add_arguments = verbs.add_arguments
for _name, _text, _verb in (
    ('info', 'Print information about a bag to the screen', bag_info),
    ('play', 'Play back ROS data from a bag', bag_play),
    ('record', 'Record ROS data to a bag', bag_record),
    ('reindex', 'Make a bag readable whose recorder was killed', bag_reindex),
):
    verbs.add(_name, _text, *_verb.ARGUMENTS)(_verb.main)
