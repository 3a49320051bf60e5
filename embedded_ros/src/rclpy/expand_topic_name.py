"""Expansion of topic names."""

from rclpy.impl.names import expand


def expand_topic_name(topic_name: str, node_name: str, node_namespace: str) -> str:
    """Absolute name of a topic as seen from a node, before remapping.

    Args:
        topic_name: As users write it: '/a', 'a', '~/a' or with '{node}' and '{ns}'.
        node_name: Name of the node.
        node_namespace: Its namespace, absolute.

    Raises:
        ValueError: One of the names is not valid.
    """
    return expand(topic_name, node_name, node_namespace)
