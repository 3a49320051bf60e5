"""Publishing the requests and responses of services."""

from enum import IntEnum


class ServiceIntrospectionState(IntEnum):
    """What is published; only OFF is supported."""

    OFF = 0
    METADATA = 1
    CONTENTS = 2
