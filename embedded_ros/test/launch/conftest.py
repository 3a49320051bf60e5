"""Shared by the tests of launch: launches in this process, and launches beside it."""

import logging as std_logging

import launch
import launch.logging
import pytest


class Lines(std_logging.Handler):
    """Collects what launch shows on the screen."""

    def __init__(self):
        super().__init__()
        self._formatters = {}
        self.lines = []

    def setFormatterFor(self, logger, formatter):  # noqa: N802
        self._formatters[logger.name] = formatter

    def emit(self, record):
        formatter = self._formatters.get(record.name)
        default = f'[{record.levelname}] [{record.name}]: {record.getMessage()}'
        self.lines.append(formatter.format(record) if formatter else default)

    def __contains__(self, text):
        return any(text in line for line in self.lines)


@pytest.fixture(autouse=True)
def log_dir(tmp_path, monkeypatch):
    """Folder for the log files."""
    monkeypatch.setenv('ROS_LOG_DIR', str(tmp_path / 'log'))
    launch.logging.reset()
    yield tmp_path / 'log'
    launch.logging.reset()


@pytest.fixture
def screen(log_dir):
    """What is shown on the screen."""
    launch.logging.launch_config.screen_handler = Lines()
    return launch.logging.launch_config.screen_handler


@pytest.fixture
def run(screen):
    """Function that launches entities and returns the return code."""

    def run_entities(*entities, **arguments):
        service = launch.LaunchService(noninteractive=True)
        service.include_launch_description(launch.LaunchDescription(entities))
        return service.run(**arguments)

    return run_entities
