"""The rviz configuration shows topics that exist, with a quality of service that connects."""

import ast
from pathlib import Path

import pytest
import yaml

from robot_bridge.drivers.libero import Params
from robot_bridge.robot_model import COMMANDED

ROOT = Path(__file__).parents[1]
CONFIGS = {path.name: yaml.safe_load(path.read_text()) for path in (ROOT / 'rviz').iterdir()}
OF_FILE = {name: config['Visualization Manager']['Displays'] for name, config in CONFIGS.items()}
DISPLAYS = OF_FILE['segue.rviz']
OF_OTHERS = {'/robot_description'}      # robot_state_publisher's
CLASSES = {'rviz_common/Displays', *(f'rviz_default_plugins/{name}' for name in (
    'Grid', 'Image', 'Pose', 'MarkerArray', 'TF', 'RobotModel', 'Interact', 'MoveCamera', 'Orbit'))}
"""Plug-ins of rviz 2 as their plugins_description.xml names them."""


def published():
    """Topics that the bridge publishes, by the calls that make its publishers."""
    topics = {f'{camera}/image_raw' for camera in Params().cameras}
    for path in (ROOT / 'robot_bridge').rglob('*.py'):
        for call in ast.walk(ast.parse(path.read_text())):
            if (isinstance(call, ast.Call) and getattr(call.func, 'attr', '') in (
                    'create_publisher', '_to') and len(call.args) > 1
                    and isinstance(call.args[1], ast.Constant)):
                topics.add(call.args[1].value)
    return {f'/{topic.lstrip("/")}' for topic in topics}


def classes(tree):
    if isinstance(tree, dict):
        return {tree['Class']} - {''} if 'Class' in tree and len(tree) == 1 else (
            {tree.get('Class', '')} - {''}).union(*map(classes, tree.values()))
    return set().union(*map(classes, tree)) if isinstance(tree, list) else set()


def test_every_plug_in_is_one_of_rviz():
    assert {'segue.rviz', 'so101.rviz'} <= set(CONFIGS)
    assert classes(list(CONFIGS.values())) <= CLASSES


@pytest.mark.parametrize('display', [d for displays in OF_FILE.values() for d in displays
                                     if 'Topic' in d], ids=lambda d: d['Name'])
def test_every_topic_is_published_and_connects(display):
    topic = display['Topic']
    assert topic['Value'] in published()
    images, latched = topic['Value'].endswith('/image_raw'), topic['Value'] == '/scene'
    assert topic['Reliability Policy'] == ('Best Effort' if images else 'Reliable')
    assert topic['Durability Policy'] == ('Transient Local' if latched else 'Volatile')


def test_topics_of_others_are_not_shown_unless_asked_for():
    described = [d for d in DISPLAYS if 'Description Topic' in d]
    assert {d['Description Topic']['Value'] for d in described} <= OF_OTHERS
    assert not any(d['Enabled'] for d in described)


def test_so101_is_shown_as_measured_and_as_commanded():
    shown = [d for d in OF_FILE['so101.rviz'] if d['Class'].endswith('/RobotModel')]
    assert {d['Description Topic']['Value'] for d in shown} <= published()
    assert [d.get('TF Prefix', '') for d in shown] == ['', COMMANDED.rstrip('/')]
    assert all(d['Enabled'] for d in shown)


def test_planned_chunk_and_cameras_are_shown():
    shown = {d['Topic']['Value'] for d in DISPLAYS if d.get('Enabled') and 'Topic' in d}
    assert {'/planned_path', '/agentview/image_raw', '/wrist/image_raw'} <= shown
