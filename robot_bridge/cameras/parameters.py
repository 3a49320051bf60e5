"""Parameters of the camera node."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import ParameterError, param


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeParams:
    """Parameters of the node itself."""

    cameras: tuple[str, ...] = param(
        (), 'Names of the cameras; each has parameters <name>.source and so on, and publishes '
        '<name>/image_raw, <name>/image_raw/compressed and <name>/camera_info.')
    diagnostics_period: float = param(1.0, 'Time between messages on /diagnostics.', unit='s',
                                      low=0.1, high=60.0)

    def __post_init__(self) -> None:
        if not self.cameras or len(set(self.cameras)) != len(self.cameras):
            raise ParameterError('cameras must list the names of the cameras, each once, got '
                                 f'{list(self.cameras)}')


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraParams:
    """Parameters ``<name>.*`` of one camera."""

    source: str = param('0', 'Index or path of a device (0, /dev/video0, /dev/v4l/by-id/...), a '
                        'video file or image sequence (img_%04d.png), which is repeated, or a URL.')
    width: int = param(0, 'Width to ask of a device; 0 for its own.', unit='px', low=0, high=8192)
    height: int = param(0, 'Height to ask of a device; 0 for its own.', unit='px', low=0,
                        high=8192)
    fps: float = param(0.0, "Images per second to ask of a device, or to play a file at; 0 for "
                       "the source's own.", unit='Hz', low=0.0, high=1000.0)
    fourcc: str = param('MJPG', 'Pixel format to ask of a device, e.g. MJPG or YUYV; empty for its '
                        'own. JPEG images are passed on as they are.')
    frame_id: str = param('', 'Frame of the images; the name of the camera when empty.')
    calibration: str = param('', 'File of camera_calibration (YAML) for camera_info, or '
                             'package://<package>/<path>; empty for an uncalibrated camera.')
    jpeg_quality: int = param(90, 'Quality of images that are compressed here.', low=1, high=100)

    def __post_init__(self) -> None:
        if not self.source:
            raise ParameterError('source is empty; name a device, a file or a URL')
        if len(self.fourcc) not in (0, 4):
            raise ParameterError(f'fourcc must be four letters such as MJPG, got {self.fourcc!r}')
