"""OpenCV images to and from image messages."""

from cv_bridge.core import CvBridge
from cv_bridge.encodings import CvBridgeError, getCvType

__all__ = ['CvBridge', 'CvBridgeError', 'getCvType']
