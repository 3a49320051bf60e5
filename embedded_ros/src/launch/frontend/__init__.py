"""XML and YAML launch files, which embedded ROS does not have."""

from launch.utilities.missing import refusal

__getattr__ = refusal(
    __name__,
    ('Entity', 'Parser', 'expose_action', 'expose_substitution', 'parse_substitution'),
    'launch files are written in Python',
)
