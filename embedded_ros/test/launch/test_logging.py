from pathlib import Path

import launch.logging
import pytest


@pytest.mark.parametrize(
    ('environment', 'expected'),
    [
        ({'ROS_LOG_DIR': '{}/logs'}, 'logs'),
        ({'ROS_LOG_DIR': '', 'ROS_HOME': '{}/ros'}, 'ros/log'),
        ({'ROS_LOG_DIR': '', 'ROS_HOME': '', 'HOME': '{}'}, '.ros/log'),
    ],
)
def test_log_directory_is_where_ros_has_it(tmp_path, monkeypatch, environment, expected):
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(tmp_path))
    log_dir = Path(launch.logging.launch_config.log_dir)
    assert log_dir.parent == tmp_path / expected
    assert (log_dir.parent / 'latest').resolve() == log_dir


def test_latest_points_to_the_newest_log_directory(tmp_path):
    first = Path(launch.logging.launch_config.log_dir)
    launch.logging.reset()
    second = Path(launch.logging.launch_config.log_dir)
    assert first != second
    assert (second.parent / 'latest').resolve() == second


def test_latest_that_is_no_link_is_left_alone(log_dir):
    (log_dir / 'latest').mkdir(parents=True)
    with pytest.warns(UserWarning, match='symlink'):
        assert launch.logging.launch_config.log_dir
    assert not (log_dir / 'latest').is_symlink()


def test_log_directory_can_be_set(tmp_path):
    launch.logging.launch_config.log_dir = str(tmp_path)
    assert launch.logging.launch_config.get_log_file_path() == str(tmp_path / 'launch.log')
    with pytest.raises(ValueError, match='is not a directory'):
        launch.logging.launch_config.log_dir = str(tmp_path / 'none')


def test_formats_of_screen_and_file(capsys):
    launch.logging.get_logger('launch.test').info('plain %s', 'text')
    assert capsys.readouterr().out == '[INFO] [launch.test]: plain text\n'
    log = Path(launch.logging.launch_config.get_log_file_path()).read_text()
    assert log.endswith(' [INFO] [launch.test]: plain text\n') and log[0].isdigit()
