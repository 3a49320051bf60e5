"""Run by LeRobot's Python, which need not be ours: its RobotClient, with a robot of no hardware.

Reads a JSON object {port, joints, size, actions} and prints what the client executed, as
[timestep, value of each joint], and the chunks it got, as [first timestep, rows, seconds since the
observation].
"""

import json
import sys
import threading
import time
from dataclasses import dataclass

import numpy as np
from lerobot.async_inference import robot_client
from lerobot.async_inference.configs import RobotClientConfig
from lerobot.robots import Robot, RobotConfig

LEVEL = 77


@RobotConfig.register_subclass('without_hardware')
@dataclass
class WithoutHardwareConfig(RobotConfig):
    """LeRobot wants one."""


class WithoutHardware(Robot):
    """Is where it was told to be, before a grey camera."""

    config_class, name = WithoutHardwareConfig, 'without_hardware'
    is_connected = is_calibrated = True

    def __init__(self, joints, size):
        self._keys, self._size = [f'{joint}.pos' for joint in joints], tuple(size)
        self._pose = dict.fromkeys(self._keys, 0.0)

    @property
    def action_features(self):
        return dict.fromkeys(self._keys, float)

    @property
    def observation_features(self):
        return {**self.action_features, 'front': (*self._size, 3)}

    def get_observation(self):
        return {**self._pose, 'front': np.full((*self._size, 3), LEVEL, np.uint8)}

    def send_action(self, action):
        self._pose = dict(action)
        return action

    def connect(self, calibrate=True):
        pass

    calibrate = configure = disconnect = __del__ = lambda self: None


class Watched(robot_client.RobotClient):
    """Notes what it gets and does, and ends after enough actions."""

    def __init__(self, config, actions):
        super().__init__(config)
        self.chunks, self.executed, self._enough = [], [], actions

    def _aggregate_action_queues(self, incoming, fn=None):
        first = incoming[0]
        self.chunks.append([first.get_timestep(), len(incoming),
                            time.time() - first.get_timestamp()])
        super()._aggregate_action_queues(incoming, fn)

    def control_loop_action(self, verbose=False):
        performed = super().control_loop_action(verbose)
        self.executed.append([self.latest_action, list(performed.values())])
        if len(self.executed) == self._enough:
            self.shutdown_event.set()
        return performed


def main():
    given = json.load(sys.stdin)
    robot_client.make_robot_from_config = lambda _: WithoutHardware(given['joints'], given['size'])
    client = Watched(RobotClientConfig(
        policy_type='act', pretrained_name_or_path='user/model', robot=WithoutHardwareConfig(),
        actions_per_chunk=20, task='wave', server_address=f'127.0.0.1:{given["port"]}', fps=30),
        given['actions'])
    if not client.start():
        return 1
    receiving = threading.Thread(target=client.receive_actions)
    receiving.start()
    client.control_loop('wave')
    client.stop()
    receiving.join()
    json.dump({'executed': client.executed, 'chunks': client.chunks}, sys.stdout)
    return 0


if __name__ == '__main__':
    sys.exit(main())
