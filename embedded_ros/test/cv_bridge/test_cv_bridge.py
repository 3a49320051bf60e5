import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from cv_bridge import CvBridge, CvBridgeError, getCvType
from cv_bridge.encodings import NAMED, parse_encoding

BRIDGE = CvBridge()
RANDOM = np.random.default_rng(1)


def picture(encoding, height=6, width=8):
    dtype, channels, _ = parse_encoding(encoding)
    shape = (height, width) if channels == 1 else (height, width, channels)
    if dtype.kind == 'f':
        return RANDOM.random(shape).astype(dtype)
    limits = np.iinfo(dtype)
    return RANDOM.integers(limits.min, limits.max, shape, dtype, endpoint=True)


GENERIC = ['8UC1', '8UC3', '8SC2', '16UC1', '16SC1', '32SC1', '32FC1', '32FC3', '64FC1', '32F']


@pytest.mark.parametrize('encoding', [*NAMED, *GENERIC])
def test_an_image_becomes_a_message_and_comes_back(encoding):
    image = picture(encoding)
    message = BRIDGE.cv2_to_imgmsg(image, encoding)
    assert (message.height, message.width, message.encoding) == (6, 8, encoding)
    assert message.step * message.height == len(message.data) == image.nbytes
    back = BRIDGE.imgmsg_to_cv2(message)
    assert back.dtype == image.dtype
    np.testing.assert_array_equal(back, image)
    back[:] = 0
    assert any(message.data)


def test_passthrough_names_the_type_only():
    assert BRIDGE.cv2_to_imgmsg(picture('bgr8')).encoding == '8UC3'
    assert BRIDGE.cv2_to_imgmsg(picture('32FC1')).encoding == '32FC1'


def test_the_header_is_taken_over():
    header = Header(frame_id='camera')
    assert BRIDGE.cv2_to_imgmsg(picture('mono8'), 'mono8', header).header is header


def test_padded_rows_are_cut():
    image = picture('rgb8', width=5)
    padded = np.zeros((6, 16), np.uint8)
    padded[:, :15] = image.reshape(6, 15)
    message = Image(height=6, width=5, encoding='rgb8', step=16, data=padded.reshape(-1))
    np.testing.assert_array_equal(BRIDGE.imgmsg_to_cv2(message), image)


def test_a_view_of_a_larger_image_is_sent_whole():
    large = picture('rgb8', 20, 20)
    message = BRIDGE.cv2_to_imgmsg(large[3:9, ::2], 'rgb8')
    np.testing.assert_array_equal(BRIDGE.imgmsg_to_cv2(message), large[3:9, ::2])


@pytest.mark.parametrize('encoding', ['mono16', '16SC1', '32FC1', '16UC3'])
def test_big_endian_images_are_read_and_written(encoding):
    image = picture(encoding)
    big = image.astype(image.dtype.newbyteorder('>'))
    message = BRIDGE.cv2_to_imgmsg(big, encoding)
    assert message.is_bigendian == 1
    np.testing.assert_array_equal(BRIDGE.imgmsg_to_cv2(message), image)


@pytest.mark.parametrize(
    ('source', 'target', 'expected'),
    [
        ('rgb8', 'bgr8', lambda i: i[..., ::-1]),
        ('bgra8', 'rgba8', lambda i: i[..., [2, 1, 0, 3]]),
        ('bgra8', 'bgr8', lambda i: i[..., :3]),
        ('mono8', 'rgb8', lambda i: np.repeat(i[..., None], 3, axis=2)),
        ('mono8', 'mono16', lambda i: i.astype(np.uint16) * 257),
        ('rgb8', '8UC3', lambda i: i),
        ('8UC1', '32FC1', lambda i: i.astype(np.float32)),
        ('16UC1', '16SC1', lambda i: np.minimum(i, 32767).astype(np.int16)),
        ('rgb16', 'bgr16', lambda i: i[..., ::-1]),
    ],
)
def test_encodings_are_converted(source, target, expected):
    image = picture(source)
    message = BRIDGE.cv2_to_imgmsg(image, source)
    np.testing.assert_array_equal(BRIDGE.imgmsg_to_cv2(message, target), expected(image))


def test_sixteen_bits_become_eight_by_scale():
    image = np.array([[0, 257, 65535]], np.uint16)
    message = BRIDGE.cv2_to_imgmsg(image, 'mono16')
    assert BRIDGE.imgmsg_to_cv2(message, 'mono8').tolist() == [[0, 1, 255]]


def test_colour_to_grey_weighs_the_channels():
    red = np.zeros((1, 1, 3), np.uint8)
    red[..., 0] = 255
    message = BRIDGE.cv2_to_imgmsg(red, 'rgb8')
    assert BRIDGE.imgmsg_to_cv2(message, 'mono8')[0, 0] == 76


@pytest.mark.parametrize(('encoding', 'pixels'), [
    ('yuv422', [128, 200, 128, 100]), ('uyvy', [128, 200, 128, 100]),
    ('yuv422_yuy2', [200, 128, 100, 128]), ('yuyv', [200, 128, 100, 128]),
])  # fmt: skip
def test_grey_pixels_of_both_yuv_orders(encoding, pixels):
    message = Image(height=2, width=2, encoding=encoding, step=4, data=pixels * 2)
    grey = BRIDGE.imgmsg_to_cv2(message, 'mono8')
    assert grey.tolist() == [[200, 100], [200, 100]]
    colour = BRIDGE.imgmsg_to_cv2(message, 'rgb8')
    assert colour.shape == (2, 2, 3)
    assert np.ptp(colour, axis=2).max() == 0


@pytest.mark.parametrize(
    ('pattern', 'red_at'), [('rggb', (0, 0)), ('bggr', (1, 1)), ('gbrg', (1, 0)), ('grbg', (0, 1))]
)
@pytest.mark.parametrize('bits', [8, 16])
def test_bayer_patterns_name_the_place_of_red(pattern, red_at, bits):
    mosaic = np.zeros((8, 8), f'uint{bits}')
    mosaic[red_at[0] :: 2, red_at[1] :: 2] = np.iinfo(mosaic.dtype).max
    message = BRIDGE.cv2_to_imgmsg(mosaic, f'bayer_{pattern}{bits}')
    rgb = BRIDGE.imgmsg_to_cv2(message, f'rgb{bits}')
    bgr = BRIDGE.imgmsg_to_cv2(message, f'bgr{bits}')
    assert rgb[4, 4].tolist() == [np.iinfo(mosaic.dtype).max, 0, 0]
    np.testing.assert_array_equal(bgr, rgb[..., ::-1])


@pytest.mark.parametrize(
    ('source', 'target'),
    [('8UC3', 'rgb8'), ('rgb8', 'yuv422'), ('rgb8', 'bayer_rggb8'), ('8UC1', '8UC3'),
     ('bayer_rggb8', 'rgba8'), ('rgb8', '8UC1')],
)  # fmt: skip
def test_impossible_conversions_are_refused_by_name(source, target):
    message = BRIDGE.cv2_to_imgmsg(picture(source), source)
    with pytest.raises(CvBridgeError, match=rf'\[{source}\] to \[{target}\]'):
        BRIDGE.imgmsg_to_cv2(message, target)


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'encoding': 'rgb9'}, r'Unrecognized image encoding \[rgb9\]; choose from mono8'),
        ({'encoding': ''}, r'Unrecognized image encoding \[\]'),
        ({'step': 23}, 'step < width'),
        ({'height': 7}, 'height \\* step != size'),
        ({'data': b'x'}, 'height \\* step != size'),
        ({'width': 2**31}, 'step < width'),
    ],
)
def test_an_inconsistent_message_is_refused(changes, words):
    message = BRIDGE.cv2_to_imgmsg(picture('rgb8'), 'rgb8')
    for name, value in changes.items():
        setattr(message, name, value)
    with pytest.raises(CvBridgeError, match=words):
        BRIDGE.imgmsg_to_cv2(message)


def test_an_empty_image_is_an_empty_array():
    assert BRIDGE.imgmsg_to_cv2(Image(encoding='rgb8')).shape == (0, 0, 3)


def test_what_is_no_image_is_refused():
    with pytest.raises(TypeError, match='not a numpy array'):
        BRIDGE.cv2_to_imgmsg([[1]], 'mono8')
    with pytest.raises(CvBridgeError, match='encoding specified as rgb8'):
        BRIDGE.cv2_to_imgmsg(picture('mono8'), 'rgb8')
    with pytest.raises(CvBridgeError, match=r'shape \(H, W\)'):
        BRIDGE.cv2_to_imgmsg(np.zeros(5, np.uint8), 'mono8')
    with pytest.raises(CvBridgeError, match='dtype int64 is no image type'):
        BRIDGE.cv2_to_imgmsg(np.zeros((2, 2), np.int64))


@pytest.mark.parametrize('encoding', ['bgr8', 'mono8', 'bgra8', 'mono16'])
def test_png_keeps_every_pixel(encoding):
    image = picture(encoding)
    message = BRIDGE.cv2_to_compressed_imgmsg(image, 'png')
    assert message.format == 'png'
    np.testing.assert_array_equal(BRIDGE.compressed_imgmsg_to_cv2(message), image)


def test_jpeg_is_the_default_and_converts_on_arrival():
    blue = np.zeros((16, 16, 3), np.uint8)
    blue[..., 0] = 255
    message = BRIDGE.cv2_to_compressed_imgmsg(blue)
    assert message.format == 'jpg'
    rgb = BRIDGE.compressed_imgmsg_to_cv2(message, 'rgb8')
    assert rgb[8, 8, 2] > 250 and rgb[8, 8, 0] < 5


@pytest.mark.parametrize('data', [b'', b'not an image'])
def test_damaged_compressed_images_are_refused(data):
    with pytest.raises(CvBridgeError, match='are not an image'):
        BRIDGE.compressed_imgmsg_to_cv2(CompressedImage(format='jpeg', data=data))


def test_an_unknown_format_is_refused():
    with pytest.raises(CvBridgeError):
        BRIDGE.cv2_to_compressed_imgmsg(picture('bgr8'), 'nothing')


def test_opencv_type_numbers():
    assert (getCvType('mono8'), getCvType('bgr8'), getCvType('16UC1')) == (0, 16, 2)
    assert BRIDGE.encoding_to_dtype_with_channels('rgba8') == ('uint8', 4)
    assert BRIDGE.dtype_with_channels_to_cvtype2(np.dtype('float32'), 1) == '32FC1'
