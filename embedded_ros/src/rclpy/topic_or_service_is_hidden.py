"""Hidden names."""

HIDDEN_TOPIC_PREFIX = '_'


def topic_or_service_is_hidden(name: str) -> bool:
    """Whether a token of the name begins with an underscore."""
    return any(token.startswith(HIDDEN_TOPIC_PREFIX) for token in name.split('/'))
