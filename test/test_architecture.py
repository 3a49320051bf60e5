"""The split between core and shell, and the facts that have one source, are checked."""

import ast
import subprocess
import sys
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]
PURE = ['segue_core.arrays', 'robot_bridge.approach', 'robot_bridge.lockstep',
        'robot_bridge.similarity',
        'segue_core.chunk', 'segue_core.contract', 'segue_core.parameters', 'segue_core.plugins',
        'policy_node.observation', 'policy_node.policy', 'policy_node.server',
        'policy_node.parameters', 'policy_node.policies.expert',
        'robot_bridge.aggregation', 'robot_bridge.chunk_buffer', 'robot_bridge.chunk_stream',
        'robot_bridge.control_loop', 'robot_bridge.delay', 'robot_bridge.driver',
        'robot_bridge.drivers.mock', 'robot_bridge.drivers.libero', 'robot_bridge.episodes',
        'robot_bridge.assembly', 'robot_bridge.parameters', 'robot_bridge.shaping.shaper',
        'segue_core.rtc', 'robot_bridge.states', 'robot_bridge.tune.cli',
        'robot_bridge.recorder.report', 'segue_evaluation.evaluate', 'segue_evaluation.episode',
        'segue_evaluation.report']
SOURCES = [p for folder in ('segue_core', 'policy_node', 'robot_bridge', 'segue_evaluation',
                             'launch')
           for p in (ROOT / folder).rglob('*.py')]


@pytest.mark.parametrize('module', PURE)
def test_core_does_not_import_ros(module):
    code = f"import sys, {module}; sys.exit('rclpy' in sys.modules or 'segue' in sys.modules)"
    assert subprocess.run([sys.executable, '-c', code], check=False, cwd=ROOT).returncode == 0


@pytest.mark.parametrize('path', SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_source_knows_whether_ros_is_real_or_embedded(path):
    assert 'embedded' not in path.read_text()


def test_every_imported_ros_package_is_in_package_xml():
    declared = {e.text for e in ElementTree.parse(ROOT / 'package.xml').getroot()
                if e.tag in ('depend', 'exec_depend')}
    imported = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition('.')[0])
            elif isinstance(node, ast.Import):
                imported |= {a.name.partition('.')[0] for a in node.names}
    ros = {n for n in imported if n.endswith(('_msgs', '_srvs', '_interfaces', '_py', '_python'))
           or n in ('rclpy', 'launch', 'launch_ros', 'cv_bridge')}
    assert ros <= declared


def test_every_interface_file_is_built_by_cmake():
    cmake = (ROOT / 'CMakeLists.txt').read_text()
    files = [*ROOT.glob('msg/*.msg'), *ROOT.glob('srv/*.srv')]
    assert files
    assert [f.name for f in files if f'{f.parent.name}/{f.name}' not in cmake] == []


def test_every_entry_point_exists():
    config = ConfigParser()
    config.read(ROOT / 'setup.cfg')
    points = '\n'.join(config['options.entry_points'].values())
    for line in filter(None, points.splitlines()):
        module, _, attribute = line.partition('=')[2].strip().partition(':')
        loaded = import_module(module)
        assert not attribute or callable(getattr(loaded, attribute)), line
