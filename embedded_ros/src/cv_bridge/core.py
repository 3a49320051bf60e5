"""OpenCV images to and from image messages."""

from __future__ import annotations

import sys
from typing import Any

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from cv_bridge.encodings import (
    CvBridgeError,
    convert,
    generic_name,
    getCvType,
    parse_encoding,
)


class CvBridge:
    """Converts images; it has no state."""

    def imgmsg_to_cv2(self, img_msg: Image, desired_encoding: str = 'passthrough') -> np.ndarray:
        """Image of a message.

        Args:
            img_msg: The message; rows may be padded and values big-endian.
            desired_encoding: Such as 'bgr8'; 'passthrough' and '' keep the message's.

        Returns:
            A writable copy of shape (H, W) for one channel, else (H, W, C).

        Raises:
            CvBridgeError: The message is inconsistent, or there is no such conversion.
        """
        image = _image_of(img_msg)
        if desired_encoding == 'passthrough':
            return image
        return _translated(convert, image, img_msg.encoding, desired_encoding)

    def cv2_to_imgmsg(
        self, cvim: np.ndarray, encoding: str = 'passthrough', header: Any = None
    ) -> Image:
        """Message of an image.

        Args:
            cvim: Shape (H, W) or (H, W, C).
            encoding: What the pixels mean, such as 'bgr8'; 'passthrough' tells only their type.
            header: Header of the message; None: an empty one.

        Raises:
            TypeError: `cvim` is not an array.
            CvBridgeError: The encoding does not suit the array.
        """
        channels = _channels(cvim)
        actual = generic_name(cvim.dtype, channels)
        if encoding != 'passthrough':
            expected = parse_encoding(encoding)
            if (cvim.dtype.newbyteorder('='), channels) != (expected.dtype, expected.channels):
                raise CvBridgeError(
                    f'encoding specified as {encoding}, but image has incompatible type {actual}'
                )
        height, width = cvim.shape[:2]
        is_big = cvim.dtype.byteorder == '>' or (
            cvim.dtype.byteorder == '=' and sys.byteorder == 'big'
        )
        message = Image(
            height=height,
            width=width,
            encoding=actual if encoding == 'passthrough' else encoding,
            is_bigendian=int(is_big),
            step=width * channels * cvim.itemsize,
            data=np.ascontiguousarray(cvim).reshape(-1).view(np.uint8),
        )
        if header is not None:
            message.header = header
        return message

    def compressed_imgmsg_to_cv2(
        self, cmprs_img_msg: CompressedImage, desired_encoding: str = 'passthrough'
    ) -> np.ndarray:
        """Image of a compressed message (JPEG, PNG, ...).

        Args:
            cmprs_img_msg: The message.
            desired_encoding: Such as 'rgb8'; 'passthrough' gives what is stored: colours in the
                order blue, green, red.

        Raises:
            CvBridgeError: The data are damaged, or there is no such conversion.
        """
        data = np.frombuffer(cmprs_img_msg.data, np.uint8)
        image = _translated(cv2.imdecode, data, cv2.IMREAD_UNCHANGED) if data.size else None
        if image is None:
            raise CvBridgeError(
                f'{data.size} bytes of format {cmprs_img_msg.format!r} are not an image '
                f'that OpenCV can read'
            )
        if desired_encoding == 'passthrough':
            return image
        bits = image.dtype.itemsize * 8
        stored = {1: f'mono{bits}', 3: f'bgr{bits}', 4: f'bgra{bits}'}[_channels(image)]
        return _translated(convert, image, stored, desired_encoding)

    def cv2_to_compressed_imgmsg(
        self, cvim: np.ndarray, dst_format: str = 'jpg'
    ) -> CompressedImage:
        """Compressed message of an image.

        Args:
            cvim: Shape (H, W), or (H, W, 3) in the order blue, green, red.
            dst_format: Such as 'jpg' or 'png'.

        Raises:
            TypeError: `cvim` is not an array.
            CvBridgeError: OpenCV cannot write this format or this image.
        """
        _channels(cvim)
        ok, data = _translated(cv2.imencode, f'.{dst_format}', cvim)
        if not ok:
            raise CvBridgeError(f'OpenCV could not encode the image as {dst_format!r}')
        return CompressedImage(format=dst_format, data=data.reshape(-1))

    def encoding_to_cvtype2(self, encoding: str) -> int:
        """OpenCV type number of an encoding.

        Raises:
            CvBridgeError: The encoding is not known.
        """
        return getCvType(encoding)

    def encoding_to_dtype_with_channels(self, encoding: str) -> tuple[str, int]:
        """Name of numpy's type and number of channels of an encoding.

        Raises:
            CvBridgeError: The encoding is not known.
        """
        dtype, channels, _ = parse_encoding(encoding)
        return dtype.name, channels

    def dtype_with_channels_to_cvtype2(self, dtype: np.dtype, n_channels: int) -> str:
        """OpenCV's name of a pixel type, such as '8UC3'.

        Raises:
            CvBridgeError: OpenCV has no such type.
        """
        return generic_name(np.dtype(dtype), n_channels)


def _image_of(message: Image) -> np.ndarray:
    """Copy of a message's pixels in this machine's byte order, without padding."""
    dtype, channels, _ = parse_encoding(message.encoding)
    row_bytes = message.width * channels * dtype.itemsize
    if message.step < row_bytes:
        raise CvBridgeError(
            f'Image is wrongly formed: step < width * byte_depth * num_channels  or  '
            f'{message.step} != {message.width} * {dtype.itemsize} * {channels}'
        )
    if message.height * message.step != len(message.data):
        raise CvBridgeError(
            f'Image is wrongly formed: height * step != size  or  '
            f'{message.height} * {message.step} != {len(message.data)}'
        )
    rows = np.frombuffer(message.data, np.uint8).reshape(message.height, message.step)
    pixels = np.ascontiguousarray(rows[:, :row_bytes]).view(
        dtype.newbyteorder('>' if message.is_bigendian else '<')
    )
    shape = (message.height, message.width, channels)[: 3 if channels > 1 else 2]
    return pixels.astype(dtype).reshape(shape)


def _channels(image: np.ndarray) -> int:
    if not isinstance(image, np.ndarray):
        raise TypeError('Your input type is not a numpy array')
    if image.ndim not in (2, 3):
        raise CvBridgeError(f'an image has shape (H, W) or (H, W, C), not {image.shape}')
    return image.shape[2] if image.ndim == 3 else 1


def _translated(function: Any, *arguments: Any) -> Any:
    """Result of a call, OpenCV's errors as CvBridgeError."""
    try:
        return function(*arguments)
    except cv2.error as error:
        raise CvBridgeError(str(error)) from error
