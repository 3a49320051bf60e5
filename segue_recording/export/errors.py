"""What goes wrong in an export."""


class ExportError(ValueError):
    """A bag cannot be made a dataset; the message names what and the remedy."""
