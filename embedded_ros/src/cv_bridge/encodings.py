"""Image encodings (sensor_msgs/image_encodings.hpp) and conversions between them."""

from __future__ import annotations

import re
from typing import NamedTuple

import cv2
import numpy as np


class CvBridgeError(TypeError):
    """An image or message cannot be converted."""


class Encoding(NamedTuple):
    """How pixels are stored.

    Attributes:
        dtype: Type of one channel.
        channels: Number of channels.
        colour: Meaning of the channels, such as 'RGB'; '' when it is not known.
    """

    dtype: np.dtype
    channels: int
    colour: str = ''


_DEPTHS = {
    '8U': 'uint8', '8S': 'int8', '16U': 'uint16', '16S': 'int16',
    '32S': 'int32', '32F': 'float32', '64F': 'float64',
}  # fmt: skip
_GENERIC = re.compile(r'(8U|8S|16U|16S|32S|32F|64F)(?:C(\d+))?')

_U8, _U16 = np.dtype(np.uint8), np.dtype(np.uint16)
NAMED = {
    'mono8': Encoding(_U8, 1, 'GRAY'),
    'mono16': Encoding(_U16, 1, 'GRAY'),
    **{
        f'{colour.lower()}{dtype.itemsize * 8}': Encoding(dtype, len(colour), colour)
        for colour in ('RGB', 'BGR', 'RGBA', 'BGRA')
        for dtype in (_U8, _U16)
    },
    **{
        f'bayer_{pattern.lower()}{dtype.itemsize * 8}': Encoding(dtype, 1, f'BAYER_{pattern}')
        for pattern in ('RGGB', 'BGGR', 'GBRG', 'GRBG')
        for dtype in (_U8, _U16)
    },
    # Two bytes per pixel: U Y V Y, and Y U Y V.
    **dict.fromkeys(('yuv422', 'uyvy'), Encoding(_U8, 2, 'UYVY')),
    **dict.fromkeys(('yuv422_yuy2', 'yuyv'), Encoding(_U8, 2, 'YUY2')),
}
_COLOURS = ('GRAY', 'RGB', 'BGR', 'RGBA', 'BGRA')
# OpenCV names a Bayer pattern by the second row, from the second column on.
_OPENCV_BAYER = {'RGGB': 'BG', 'BGGR': 'RG', 'GBRG': 'GR', 'GRBG': 'GB'}


def parse_encoding(name: str) -> Encoding:
    """Encoding of a name such as 'rgb8' or '16UC1'.

    Raises:
        CvBridgeError: It is not known.
    """
    if name in NAMED:
        return NAMED[name]
    generic = _GENERIC.fullmatch(name)
    if generic is None:
        raise CvBridgeError(
            f'Unrecognized image encoding [{name}]; choose from {", ".join(NAMED)} '
            f'or an OpenCV type such as 8UC3, 16UC1, 32FC1'
        )
    return Encoding(np.dtype(_DEPTHS[generic[1]]), int(generic[2] or 1))


def generic_name(dtype: np.dtype, channels: int) -> str:
    """OpenCV's name of a pixel type, such as '8UC3'.

    Raises:
        CvBridgeError: OpenCV has no such type.
    """
    for depth, name in _DEPTHS.items():
        if name == dtype.name:
            return f'{depth}C{channels}'
    raise CvBridgeError(
        f'dtype {dtype.name} is no image type; choose from {", ".join(_DEPTHS.values())}'
    )


def getCvType(encoding: str) -> int:  # noqa: N802
    """OpenCV type number of an encoding.

    Raises:
        CvBridgeError: The encoding is not known.
    """
    dtype, channels, _ = parse_encoding(encoding)
    depth = list(_DEPTHS.values()).index(dtype.name)
    return cv2.CV_MAKETYPE(depth, channels)


def convert(image: np.ndarray, source: str, target: str) -> np.ndarray:
    """Image in another encoding; the same object when nothing changes.

    Args:
        image: Shape (H, W) or (H, W, C).
        source: Its encoding.
        target: The encoding wanted, '' for `source`. 8 and 16 bits are scaled to each other.

    Raises:
        CvBridgeError: An encoding is not known, or there is no such conversion.
    """
    if target in ('', source):
        return image
    before, after = parse_encoding(source), parse_encoding(target)
    if not before.colour or not after.colour:
        if before.channels != after.channels or bool(after.colour) > bool(before.colour):
            raise CvBridgeError(_refusal(source, target))
        return _with_depth(image, before.dtype, after.dtype)
    if before.colour != after.colour:
        code = _conversion_code(before.colour, after.colour)
        if code is None:
            raise CvBridgeError(_refusal(source, target))
        image = cv2.cvtColor(image, code)
    return _with_depth(image, before.dtype, after.dtype)


def _conversion_code(before: str, after: str) -> int | None:
    """OpenCV's code, None if it has none."""
    if before.startswith('BAYER_'):
        pattern = _OPENCV_BAYER[before.removeprefix('BAYER_')]
        name = f'COLOR_Bayer{pattern}2{after}' if after in ('GRAY', 'RGB', 'BGR') else ''
    elif before in ('UYVY', 'YUY2'):
        name = f'COLOR_YUV2{after}_{before}' if after in _COLOURS else ''
    else:
        name = f'COLOR_{before}2{after}' if after in _COLOURS else ''
    return getattr(cv2, name, None) if name else None


def _with_depth(image: np.ndarray, before: np.dtype, after: np.dtype) -> np.ndarray:
    if before == after:
        return image
    scale = {(1, 2): 65535 / 255, (2, 1): 255 / 65535}.get((before.itemsize, after.itemsize), 1)
    if after.kind in 'iu':
        limits = np.iinfo(after)
        image = np.clip(np.rint(image * scale), limits.min, limits.max)
    return image.astype(after)


def _refusal(source: str, target: str) -> str:
    return (
        f'Unsupported conversion from [{source}] to [{target}]: '
        f'a colour image converts to the colours {", ".join(_COLOURS)}, any other only to '
        f'a type with the same number of channels'
    )
