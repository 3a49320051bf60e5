"""Calibration files of camera_calibration as CameraInfo."""

from __future__ import annotations

from typing import Any

import yaml
from sensor_msgs.msg import CameraInfo

from segue_core.parameters import ParameterError
from segue_core.paths import resolve

MATRICES = (('d', 'distortion_coefficients'), ('k', 'camera_matrix'),
            ('r', 'rectification_matrix'), ('p', 'projection_matrix'))


def camera_info(file: str) -> CameraInfo:
    """Read a calibration; no file means an uncalibrated camera.

    Raises:
        ParameterError: It cannot be read.
    """
    if not file:
        return CameraInfo()
    try:
        read: dict[str, Any] = yaml.safe_load(resolve(file).read_text())
        return CameraInfo(
            width=int(read['image_width']), height=int(read['image_height']),
            distortion_model=str(read['distortion_model']),
            **{field: [float(x) for x in read[key]['data']] for field, key in MATRICES})
    except OSError as error:
        raise ParameterError(f'calibration {file!r} cannot be read: {error.strerror}') from error
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AssertionError) as error:
        raise ParameterError(f'calibration {file!r} is no file of camera_calibration: '
                             f'{type(error).__name__}: {error}') from error
