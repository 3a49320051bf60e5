"""OpenCV images to and from image messages."""

try:
    import cv2  # noqa: F401
except ImportError as error:
    raise ImportError(
        "cv_bridge needs OpenCV: pip install 'segue-embedded-ros[cv]', or opencv-python"
    ) from error

from cv_bridge.core import CvBridge
from cv_bridge.encodings import CvBridgeError, getCvType

__all__ = ['CvBridge', 'CvBridgeError', 'getCvType']
