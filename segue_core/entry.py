"""Start a program of this package: Ctrl-C while its modules are loaded ends it without a word."""

from __future__ import annotations

import os
import signal
from importlib import import_module


def start(module: str) -> int:
    """Import a program and run its ``main``.

    Args:
        module: Holds ``main() -> exit code``.
    """
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    program = import_module(module)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code: int = program.main()
    return code


def policy_node() -> int:
    """Run policy_node."""
    return start('policy_node.node')


def gateway() -> int:
    """Run policy_node with its gateway open."""
    return start('policy_node.gateway.main')


def robot_bridge() -> int:
    """Run robot_bridge."""
    return start('robot_bridge.node')


def episode_recorder() -> int:
    """Run episode_recorder."""
    return start('robot_bridge.recorder.node')


def simulated_controller() -> int:
    """Run simulated_controller."""
    return start('robot_bridge.simulated_controller.node')


def robot_model() -> int:
    """Run robot_model."""
    return start('robot_bridge.robot_model')


def camera() -> int:
    """Run camera."""
    return start('robot_bridge.cameras.node')


def so101_emulator() -> int:
    """Run so101_emulator."""
    return start('robot_bridge.emulators.so101.node')


def session_logger() -> int:
    """Run session_logger."""
    return start('segue_recording.session_log.node')


def replay() -> int:
    """Run policy_node with the replay policy."""
    return start('policy_node.policies.replay.cli')


def astribot_emulator() -> int:
    """Run astribot_emulator."""
    return start('robot_bridge.emulators.astribot.node')


def lerobot_gateway() -> int:
    """Run lerobot_gateway."""
    return start('policy_node.lerobot_gateway.node')
