"""Images to arrays and back, where cv_bridge is installed."""

import numpy as np
import pytest

from cv_bridge import CvBridge, CvBridgeError

BRIDGE = CvBridge()
RGB = np.random.default_rng(1).integers(0, 256, (6, 8, 3), np.uint8)


@pytest.mark.parametrize('encoding', ['rgb8', 'bgr8', '8UC3', 'mono8', 'mono16', '32FC1'])
def test_an_image_becomes_a_message_and_comes_back(encoding):
    dtype = {'mono16': np.uint16, '32FC1': np.float32}.get(encoding, np.uint8)
    image = (RGB if '8' in encoding and encoding != 'mono8' else RGB[..., 0]).astype(dtype)
    message = BRIDGE.cv2_to_imgmsg(image, encoding)
    assert (message.height, message.width, message.encoding) == (6, 8, encoding)
    assert message.step * message.height == len(message.data) == image.nbytes
    np.testing.assert_array_equal(BRIDGE.imgmsg_to_cv2(message), image)


def test_encodings_are_converted():
    message = BRIDGE.cv2_to_imgmsg(RGB, 'rgb8')
    np.testing.assert_array_equal(BRIDGE.imgmsg_to_cv2(message, 'bgr8'), RGB[..., ::-1])
    assert BRIDGE.imgmsg_to_cv2(message, 'mono8').shape == (6, 8)
    assert BRIDGE.imgmsg_to_cv2(message, '').shape == RGB.shape


@pytest.mark.parametrize(('source', 'values', 'target', 'expected'), [
    ('16SC1', [-300, 0, 300, 32767], '8UC1', [0, 0, 1, 127]),
    ('16UC1', [0, 300, 65535], '8SC1', [0, 1, 127]),
    ('8UC1', [0, 1, 255], '16SC1', [0, 257, 32767]),
])  # fmt: skip
def test_eight_and_sixteen_bits_are_scaled_to_each_other(source, values, target, expected):
    image = np.array([values], BRIDGE.encoding_to_dtype_with_channels(source)[0])
    message = BRIDGE.cv2_to_imgmsg(image, source)
    np.testing.assert_array_equal(BRIDGE.imgmsg_to_cv2(message, ''), image)
    assert BRIDGE.imgmsg_to_cv2(message, target).tolist() == [expected]


def test_png_keeps_every_pixel():
    message = BRIDGE.cv2_to_compressed_imgmsg(RGB, 'png')
    assert message.format == 'png'
    np.testing.assert_array_equal(BRIDGE.compressed_imgmsg_to_cv2(message), RGB)


def test_impossible_conversions_are_refused():
    with pytest.raises(CvBridgeError):
        BRIDGE.imgmsg_to_cv2(BRIDGE.cv2_to_imgmsg(RGB, '8UC3'), 'rgb8')
    with pytest.raises(TypeError):
        BRIDGE.cv2_to_imgmsg('text', 'mono8')
