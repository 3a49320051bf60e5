"""The split between core and shell is checked."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE = ['segue_core.arrays', 'robot_bridge.approach', 'robot_bridge.lockstep',
        'robot_bridge.similarity',
        'segue_core.chunk', 'segue_core.contract', 'segue_core.parameters', 'segue_core.plugins',
        'policy_node.observation', 'policy_node.policy', 'policy_node.server',
        'policy_node.scheduler', 'policy_node.ranges', 'policy_node.inference', 'policy_node.tally',
        'policy_node.parameters', 'policy_node.policies.expert',
        'policy_node.conformance', 'policy_node.requirements', 'policy_node.tool.cli',
        'policy_node.conformance_subtasks', 'policy_node.subtasks',
        'policy_node.policies.openpi.policy',
        'policy_node.policies.gr00t.policy', 'policy_node.policies.lerobot.checkpoint',
        'policy_node.policies.lerobot.history', 'policy_node.policies.lerobot_server.policy',
        'policy_node.lerobot_gateway.servicer',
        'policy_node.policies.pi05.prompt',
        'robot_bridge.aggregation', 'robot_bridge.chunk_buffer', 'robot_bridge.chunk_stream',
        'robot_bridge.control_loop', 'robot_bridge.delay', 'robot_bridge.driver',
        'robot_bridge.drivers.mock', 'robot_bridge.drivers.libero', 'robot_bridge.episodes',
        'robot_bridge.drivers.ros2_control.joint_states',
        'robot_bridge.drivers.ros2_control.limits', 'robot_bridge.simulated_controller.arm',
        'robot_bridge.cameras.capture', 'robot_bridge.cameras.loop', 'robot_bridge.urdf',
        'robot_bridge.drivers.so101', 'robot_bridge.drivers.so101.driver',
        'robot_bridge.emulators.so101.bus', 'policy_node.policies.mock',
        'robot_bridge.assembly', 'robot_bridge.parameters', 'robot_bridge.shaping.shaper',
        'segue_core.rtc', 'robot_bridge.states', 'robot_bridge.tune.cli',
        'robot_bridge.recorder.report', 'segue_evaluation.evaluate', 'segue_evaluation.episode',
        'segue_evaluation.report', 'segue_core.bags', 'segue_core.parameter_file',
        'segue_recording.session_log.follow', 'segue_recording.session_log.worker',
        'policy_node.policies.replay', 'policy_node.gateway.server', 'policy_node.gateway.door',
        'policy_node.gateway.client', 'policy_node.gateway.client.cli',
        'policy_node.policies.ray.policy', 'policy_node.policies.ray.answers']
SOURCES = [p for folder in ('segue_core', 'policy_node', 'robot_bridge', 'segue_evaluation',
                             'segue_recording', 'launch')
           for p in (ROOT / folder).rglob('*.py')]


@pytest.mark.parametrize('module', PURE)
def test_core_does_not_import_ros(module):
    code = f"import sys, {module}; sys.exit('rclpy' in sys.modules or 'segue' in sys.modules)"
    assert subprocess.run([sys.executable, '-c', code], check=False, cwd=ROOT).returncode == 0


@pytest.mark.parametrize('path', SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_source_knows_whether_ros_is_real_or_embedded(path):
    assert 'embedded' not in path.read_text()
