"""Error of a launch file that cannot be loaded."""

from collections.abc import Sequence


class InvalidLaunchFileError(Exception):
    """A launch file raised while it was loaded, or its format is unknown."""

    def __init__(self, extension: str = '', *, likely_errors: Sequence[Exception] = ()) -> None:
        if not extension or not likely_errors:
            message = 'The launch file may have a syntax error, or its format is unknown'
        else:
            what = 'multiple exceptions' if len(likely_errors) > 1 else 'exception'
            message = f'Caught {what} when trying to load file of format [{extension}]:'
            message += ''.join(f'\n - {type(e).__name__}: {e}' for e in likely_errors)
            self.__cause__ = likely_errors[0]
        super().__init__(message)
