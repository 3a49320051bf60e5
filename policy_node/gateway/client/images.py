"""Images for requests: loaded, resized, packed."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from policy_node.policies.remote import fit_image

DEEP = ('I', 'F')
"""What Pillow's modes of more than 8 bits begin with; it would cut their values off at 255."""


class ImageError(ValueError):
    """An image cannot be loaded or is none; the message names it."""


def load_image(path: str | Path) -> NDArray[np.uint8]:
    """Load a file, turned upright.

    Returns:
        RGB, shape (H, W, 3).

    Raises:
        ImageError: It is not there, or no picture of 8 bits a channel.
    """
    try:
        with Image.open(path) as picture:
            if picture.mode.startswith(DEEP):
                raise ImageError(f'image {str(path)!r} has more than 8 bits a channel (mode '
                                 f'{picture.mode}); convert it to 8-bit RGB')
            return np.array(ImageOps.exif_transpose(picture).convert('RGB'))
    except UnidentifiedImageError as error:
        raise ImageError(f'image {str(path)!r} is in no format that is known') from error
    except ImageError:
        raise
    except (OSError, SyntaxError, ValueError) as error:     # Pillow's, for broken files
        raise ImageError(f'image {str(path)!r} cannot be loaded: {error}') from error


def random_image(size: int, seed: int = 0) -> NDArray[np.uint8]:
    """Noise, to try a gateway without a camera; shape (size, size, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3)).astype(np.uint8)


def prepare(name: str, image: Any, size: int) -> NDArray[np.uint8]:
    """An image as it is to be sent.

    Args:
        name: Of the image, for errors.
        image: RGB of uint8, shape (H, W, 3), or a file.
        size: Width and height of the result, padded with black [px]; 0 leaves it as it is.

    Raises:
        ImageError: It cannot be loaded, or is no such array.
    """
    pixels = load_image(image) if isinstance(image, (str, Path)) else image
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim != 3 \
            or pixels.shape[2] != 3 or not pixels.size:
        got = (f'{pixels.dtype} of shape {pixels.shape}' if isinstance(pixels, np.ndarray)
               else type(pixels).__name__)
        raise ImageError(f'image {name!r} must be a file or an array (height, width, 3) of uint8, '
                         f'got {got}')
    return fit_image(pixels, size, mirror=False)


def _packed(kind: str) -> Callable[[NDArray[np.uint8]], str]:
    def pack(image: NDArray[np.uint8]) -> str:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, kind)
        return base64.b64encode(buffer.getvalue()).decode()

    return pack


ENCODINGS: dict[str, Callable[[NDArray[np.uint8]], Any]] = {
    'msgpack': lambda image: image, 'jpeg': _packed('JPEG'), 'png': _packed('PNG'),
    'lists': lambda image: image.tolist()}
"""How images travel: as they are in msgpack, or within JSON. Only jpeg loses something."""
