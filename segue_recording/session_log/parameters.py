"""Parameters of session_logger, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import param


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLogParams:
    """Parameters of session_logger; the contract's are in `segue_core.contract`."""

    enable_logging: bool = param(True, 'Write a log; without, the node does nothing.')
    log_dir: str = param('inference_logs', 'Gets a folder session_<time> for each session.')
    save_images: bool = param(True, 'Keep what the cameras saw whenever a chunk was asked for.')
    image_quality: int = param(95, 'Of the JPEGs made of raw images; compressed ones are kept as '
                               'they are.', unit='%', low=1, high=100)
    max_observation_age: float = param(
        0.2, 'How much older than a frame its state and images may be.', unit='s', low=0.0,
        high=60.0)
    queue_size: int = param(100, 'Frames that may wait for the disk; more are dropped.', low=1,
                            high=100000)
    max_size: float = param(0.0, 'What all sessions of one run may take; 0 for no limit.',
                            unit='GB', low=0.0, high=1e6)
    min_free: float = param(1.0, 'What stays free on the disk.', unit='GB', low=0.0, high=1e6)
