"""What goes wrong in tuning."""


class TuneError(ValueError):
    """The chunks, delays or settings cannot be used; the message names what and the remedy."""
