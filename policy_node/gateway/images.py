"""Images as clients send them: nested lists, JPEG or PNG (in base64 or as bytes), arrays."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from policy_node.gateway.errors import BadRequest

FORMATS = ('JPEG', 'PNG')
MODES = ('RGB', 'RGBA', 'L', 'LA', 'P')
"""What Pillow calls pictures of at most eight bits a channel."""
DATA_URL = 'data:image/'


class PixelBudget:
    """Pixels that the images of one message may have together.

    A picture of a few kilobytes may have as many as it says.

    Args:
        pixels: How many.
    """

    def __init__(self, pixels: int) -> None:
        self._pixels = self._left = pixels

    def spend(self, field: str, height: int, width: int) -> None:
        """An image is about to be decoded.

        Raises:
            BadRequest: It is too large, with those before it.
        """
        self._left -= height * width
        if self._left < 0:
            raise BadRequest(f'{field} has {width}x{height} = {width * height} pixels; the images '
                             f'of one message may have gateway.max_message_pixels = {self._pixels} '
                             'together: make them smaller')


def image_of(field: str, value: Any, budget: PixelBudget) -> NDArray[np.uint8]:
    """Read an image.

    Args:
        field: Where it stands in the request, for errors.
        value: Rows of pixels [r, g, b] as nested lists; JPEG or PNG as bytes, or in base64 as text
            (a data URL if wanted); or an array (H, W, 3) of uint8.
        budget: What it may take; checked before anything is decoded.

    Returns:
        RGB, shape (H, W, 3).

    Raises:
        BadRequest: It is no such image, or too large.
    """
    if isinstance(value, str):
        return _decoded(field, _bytes(field, value), budget)
    if isinstance(value, (bytes, bytearray)):
        return _decoded(field, bytes(value), budget)
    if isinstance(value, list):
        return _checked(field, _nested(field, value), budget)
    if isinstance(value, np.ndarray):
        return _checked(field, value, budget)
    raise BadRequest(f'{field} must be an image: nested lists, base64 of a JPEG or PNG, or an '
                     f'array (height, width, 3) of uint8; got {type(value).__name__}')


def _bytes(field: str, text: str) -> bytes:
    if text.startswith(DATA_URL):
        text = text.partition(',')[2]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f'{field} is text, but no base64 of a JPEG or PNG: {error}') from error


def _decoded(field: str, data: bytes, budget: PixelBudget) -> NDArray[np.uint8]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
        budget.spend(field, picture.height, picture.width)
        if picture.mode not in MODES:
            raise BadRequest(f'{field} has mode {picture.mode}; send 8-bit RGB')
        return np.array(ImageOps.exif_transpose(picture).convert('RGB'))
    except Image.DecompressionBombError as error:
        raise BadRequest(f'{field} is too large for gateway.max_message_pixels: {error}') from error
    except UnidentifiedImageError as error:
        raise BadRequest(f'{field} is neither a JPEG nor a PNG ({len(data)} bytes)') from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:   # Pillow's, for broken files
        if isinstance(error, BadRequest):
            raise
        raise BadRequest(f'{field} is a broken image: {error}') from error


def _nested(field: str, rows: list[Any]) -> NDArray[Any]:
    try:
        pixels = np.array(rows)
    except (ValueError, OverflowError, RecursionError) as error:
        raise BadRequest(f'{field} must have rows of equal length, each a list of [r, g, b]: '
                         f'{error}') from error
    if not pixels.size:
        raise BadRequest(f'{field} has no pixels, its shape is {pixels.shape}')
    if pixels.dtype.kind == 'f' and np.array_equal(pixels, np.floor(pixels)):
        pixels = pixels.astype(np.int64) if np.abs(pixels).max() < 2**31 else pixels
    if pixels.dtype.kind not in 'iu':
        raise BadRequest(f'{field} must have whole numbers 0..255 only, got {pixels.dtype}; scale '
                         'values of 0..1 by 255')
    if pixels.min() < 0 or pixels.max() > 255:
        raise BadRequest(f'{field} must have values 0..255, got {pixels.min()}..{pixels.max()}')
    return pixels.astype(np.uint8)


def _checked(field: str, pixels: NDArray[Any], budget: PixelBudget) -> NDArray[np.uint8]:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        hint = '; move its channels last' if pixels.ndim == 3 and pixels.shape[0] == 3 else ''
        raise BadRequest(f'{field} must have shape (height, width, 3), got {pixels.shape}{hint}')
    if pixels.dtype != np.uint8:
        raise BadRequest(f'{field} must be an array of uint8, 0..255, got {pixels.dtype}')
    budget.spend(field, pixels.shape[0], pixels.shape[1])
    return np.array(pixels)     # those of a message cannot be written to, as models may want
