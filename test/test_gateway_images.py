"""Images in every form that clients send, and in every form that they must not."""

import base64
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from policy_node.gateway.errors import BadRequest
from policy_node.gateway.images import PixelBudget, image_of

PIXELS = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
LIMIT = 1000


def encoded(kind='PNG', pixels=PIXELS, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def text(data):
    return base64.b64encode(data).decode()


@pytest.mark.parametrize('value', [
    np.frombuffer(PIXELS.tobytes(), np.uint8).reshape(PIXELS.shape), PIXELS.tolist(),
    PIXELS.astype(float).tolist(), encoded(), text(encoded()),
    f'data:image/png;base64,{text(encoded())}'], ids=['array', 'lists', 'whole floats', 'bytes',
                                                       'base64', 'data URL'])
def test_every_form_gives_the_same_pixels(value):
    read = image_of('i', value, PixelBudget(LIMIT))
    assert np.array_equal(read, PIXELS) and read.flags.writeable and read.flags.c_contiguous


def test_a_jpeg_gives_nearly_the_same_pixels():
    smooth = np.full((16, 16, 3), 90, np.uint8)
    read = image_of('i', encoded('JPEG', smooth), PixelBudget(LIMIT))
    assert read.shape == (16, 16, 3) and np.abs(read.astype(int) - 90).max() <= 2


def test_grey_and_transparent_pictures_become_rgb():
    grey = image_of('i', encoded(pixels=PIXELS[..., 0]), PixelBudget(LIMIT))
    assert np.array_equal(grey, np.repeat(PIXELS[..., :1], 3, axis=2))
    clear = np.dstack([PIXELS, np.zeros((5, 7), np.uint8)])
    assert np.array_equal(image_of('i', encoded(pixels=clear), PixelBudget(LIMIT)), PIXELS)


def test_a_picture_is_turned_as_its_camera_says():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert image_of('i', encoded(exif=exif), PixelBudget(LIMIT)).shape == (7, 5, 3)


@pytest.mark.parametrize(('value', 'words'), [
    ('not base64!', 'no base64'),
    (text(b'GIF89a'), 'neither a JPEG nor a PNG'),
    (text(encoded()[:50]), 'broken'),
    (text(encoded('GIF')), 'neither'),
    (encoded(pixels=np.zeros((4, 4), np.uint16)), 'mode I;16'),
    ([[[1, 2, 3]], [[1, 2, 3], [4, 5, 6]]], 'equal length'),
    ([[[1, 2]]], r'\(1, 1, 2\)'),
    ([], r'\(0,\)'),
    ([[[0.5, 0, 0]]], 'scale'),
    ([[[1e300, 0, 0]]], 'whole numbers'),
    ([[[-1, 0, 0]]], 'values 0..255, got -1..0'),
    ([[[2**70, 0, 0]]], 'whole numbers'),
    ([[[True, False, True]]], 'whole numbers'),
    ([[['a', 'b', 'c']]], 'whole numbers'),
    ([[[None, 1, 2]]], 'whole numbers'),
    (PIXELS.astype(np.float32), 'float32'),
    (PIXELS.transpose(2, 0, 1), 'channels last'),
    (PIXELS[0], 'shape'),
    (np.zeros((0, 5, 3), np.uint8), 'shape'),
    (None, 'NoneType'), (5, 'int'), ({}, 'dict'),
])
def test_what_is_no_image_is_refused_and_named(value, words):
    with pytest.raises(BadRequest, match=words) as error:
        image_of('images.front', value, PixelBudget(LIMIT))
    assert str(error.value).startswith('images.front')


@pytest.mark.parametrize('value', [np.zeros((40, 26, 3), np.uint8),
                                   np.zeros((40, 26, 3), np.uint8).tolist()])
def test_a_large_image_is_refused(value):
    with pytest.raises(BadRequest, match='26x40 = 1040 pixels.*max_message_pixels = 1000'):
        image_of('i', value, PixelBudget(LIMIT))


def test_images_that_are_too_large_together_are_refused():
    budget, image = PixelBudget(2 * 35 + 34), encoded()
    image_of('a', image, budget)
    image_of('b', image, budget)
    with pytest.raises(BadRequest, match='c has 7x5 = 35 pixels'):
        image_of('c', image, budget)


@pytest.mark.parametrize('side', [2000, 20_000, 2_000_000])
def test_a_huge_picture_is_refused_before_it_is_decoded(side):
    """Its pixels are not even there: who tried to decode them would say that it is broken."""
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack(
            '>I', zlib.crc32(kind + data))

    bomb = b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', side, side, 8, 2, 0, 0, 0))
    bomb += chunk(b'IDAT', b'') + chunk(b'IEND', b'')
    with pytest.raises(BadRequest, match='gateway.max_message_pixels'):
        image_of('i', bomb, PixelBudget(LIMIT))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_do_more_than_being_refused(noise, cut):
    for data in (noise, encoded()[:cut] + noise, encoded('JPEG')[:cut * 8] + noise):
        try:
            assert image_of('i', data, PixelBudget(LIMIT)).dtype == np.uint8
        except BadRequest:
            pass
