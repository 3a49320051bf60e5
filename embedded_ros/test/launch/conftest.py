"""Shared by the tests of launch: launches in this process, and launches beside it."""


import launch
import launch.logging
import pytest


class Screen:
    """What launch shows on the screen."""

    def __init__(self, capsys):
        self._capsys = capsys
        self._text = ''

    @property
    def text(self):
        self._text += self._capsys.readouterr().out
        return self._text

    @property
    def lines(self):
        return self.text.splitlines()

    def __contains__(self, text):
        return text in self.text


@pytest.fixture(autouse=True)
def log_dir(tmp_path, monkeypatch):
    """Folder for the log files."""
    monkeypatch.setenv('ROS_LOG_DIR', str(tmp_path / 'log'))
    launch.logging.reset()
    yield tmp_path / 'log'
    launch.logging.reset()


@pytest.fixture
def screen(log_dir, capsys):
    """What is shown on the screen."""
    return Screen(capsys)


@pytest.fixture
def run(screen):
    """Function that launches entities and returns the return code."""

    def run_entities(*entities, **arguments):
        service = launch.LaunchService(noninteractive=True)
        service.include_launch_description(launch.LaunchDescription(entities))
        return service.run(**arguments)

    return run_entities
