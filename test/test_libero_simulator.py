"""LIBERO in the real simulator: it is the benchmark, repeats itself, and renders when asked."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from policy_node.policies.expert.arm import Arm
from policy_node.policies.expert.world import World
from robot_bridge.driver import DriverError, PathPreview, Simulator
from robot_bridge.drivers.libero import LiberoSimulator, Params, create, installation
from robot_bridge.drivers.libero.rendering import Renderer
from robot_bridge.drivers.libero.tasks import find_task

ROOT = Path(__file__).parents[1]
SIZE = 64
ACTIONS = np.random.default_rng(0).uniform(-1, 1, (8, 7))


@pytest.fixture(scope='module')
def simulator():
    made = LiberoSimulator('libero_object', 0, image_size=SIZE)
    made.connect()
    yield made
    made.disconnect()


@pytest.fixture
def started(simulator):
    simulator.reset(0, 0)
    return simulator


def state(simulator):
    return np.concatenate([simulator.read(cameras=False).positions,
                           *simulator.read(cameras=False).poses.values()])


def rollout(simulator):
    states = [state(simulator)]
    for action in ACTIONS:
        simulator.write(action)
        states.append(state(simulator))
    return np.stack(states)


def benchmark_env(*, settle, **options):
    """The environment as published evaluations make and reset it."""
    installation.prepare()
    from libero.libero.envs.env_wrapper import ControlEnv
    task = find_task('libero_object', 0)
    with installation.quiet():
        env = ControlEnv(str(task.bddl_file), camera_heights=SIZE, camera_widths=SIZE, **options)
        env.seed(0)
        env.env.reset()
        env.set_init_state(task.init_states[0])
        for _ in range(settle):
            env.step([0.0] * 6 + [-1.0])
    return env


def test_episode_repeats_itself_bit_by_bit_whatever_came_before(started):
    first = rollout(started)
    started.reset(1, 5)
    for _ in range(5):
        started.write(np.array([0, 0, -1.0, 0, 0, 0, 1]))
    started.reset(0, 0)
    assert (rollout(started) == first).all()


def test_episodes_of_other_initial_states_differ(started):
    first = state(started)
    started.reset(1, 0)
    assert not np.allclose(state(started), first, atol=1e-3)


def test_physics_is_that_of_the_benchmark(started):
    env = benchmark_env(settle=10, use_camera_obs=False, has_offscreen_renderer=False)
    for action in ACTIONS:
        env.step(action)
        started.write(action)
    sim, joints = env.sim.data, started.read(cameras=False)
    arm = [sim.get_joint_qpos(f'robot0_joint{k}') for k in range(1, 8)]
    assert joints.positions[:7] == pytest.approx(arm, abs=1e-6)
    soup = sim.body_xpos[env.env.obj_body_id['alphabet_soup_1']]
    assert joints.poses['alphabet_soup_1'][:3] == pytest.approx(soup, abs=1e-6)
    env.close()


def test_end_effector_and_images_are_those_that_libero_observes(simulator):
    env = benchmark_env(settle=1, has_offscreen_renderer=True)
    env.sim.forward()     # both show the very state, not the one 2 ms before it
    observed = env.env._get_observations(force_update=True)
    simulator.reset(0, 0)
    simulator._env.sim.set_state_from_flattened(env.get_sim_state())
    simulator._env.sim.forward()
    reading = simulator.read(cameras=True)
    assert reading.poses['eef'][:3] == pytest.approx(observed['robot0_eef_pos'])
    assert abs(reading.poses['eef'][3:] @ observed['robot0_eef_quat']) == pytest.approx(1)
    for ours, theirs in (('agentview', 'agentview'), ('wrist', 'robot0_eye_in_hand')):
        assert reading.images[ours].shape == (SIZE, SIZE, 3)
        assert reading.images[ours].std() > 20     # no empty image
        assert (reading.images[ours] == observed[f'{theirs}_image'][::-1]).all()
    env.close()


def test_nothing_is_rendered_unless_asked_for(started, monkeypatch):
    rendered = []
    render = Renderer.render
    monkeypatch.setattr(Renderer, 'render', lambda self, data, camera: (
        rendered.append(camera), render(self, data, camera))[1])
    started.write(np.zeros(7))
    started.success()
    assert started.read(cameras=False).images == {}
    assert rendered == []
    assert set(started.read(cameras=True).images) == {'agentview', 'wrist'}
    assert len(rendered) == 2


def test_rendering_does_not_disturb_the_physics(started):
    unseen = rollout(started)
    started.reset(0, 0)
    seen = [state(started)]
    for action in ACTIONS:
        started.read(cameras=True)
        started.write(action)
        seen.append(state(started))
    assert (np.stack(seen) == unseen).all()


def test_start_tells_task_goal_and_scene(simulator):
    start = simulator.reset(2, 0)
    assert (start.suite, start.task_id, start.init_state) == ('libero_object', 0, 2)
    assert start.task == 'pick up the alphabet soup and place it in the basket'
    assert start.goal == '(and (in alphabet_soup_1 basket_1_contain_region))'
    poses = simulator.read(cameras=False).poses
    assert set(start.scene) <= set(poses)
    assert {'alphabet_soup_1', 'milk_1', 'basket_1', 'basket_1_contain_region'} <= set(start.scene)
    assert all(p.shape[1] == 3 and len(p) > 7 for p in start.scene.values())
    world = World.from_features({'object_poses': poses, 'scene': start.scene, 'goal': start.goal,
                                 'eef_pose': poses['eef']})
    soup = world.points('alphabet_soup_1')
    assert soup[:, 2].min() == pytest.approx(0, abs=0.005)     # it stands on the floor, upright
    assert np.ptp(soup, axis=0) == pytest.approx([0.07, 0.07, 0.08], abs=0.02)


def test_joints_are_arm_and_fingers(started):
    reading = started.read(cameras=False)
    assert len(reading.joint_names) == len(reading.positions) == len(reading.velocities) == 9
    assert reading.positions[7] == pytest.approx(-reading.positions[8], abs=1e-3)


def test_hold_keeps_pose_and_grip(started):
    for _ in range(10):
        started.write(np.array([0.0] * 6 + [1.0]))
    before = started.read(cameras=False)
    for _ in range(5):
        started.hold()
    after = started.read(cameras=False)
    assert after.poses['eef'][:3] == pytest.approx(before.poses['eef'][:3], abs=2e-3)
    assert after.positions[7] <= before.positions[7] + 1e-4
    assert not started.success()


def test_preview_and_expert_model_predict_where_the_arm_goes(started):
    assert isinstance(started, PathPreview)
    rows = np.tile([0.0, 0.5, -0.5, 0, 0, 0, -1], (8, 1))
    eef = started.read(cameras=False).poses['eef']
    world = World.from_features({'object_poses': {}, 'scene': {}, 'goal': '(and (in a_1 b_1))',
                                 'eef_pose': eef})
    arm = Arm(world.eef_position, world.eef_rotation, np.zeros(3), np.zeros(3))
    path = started.path(rows)
    for row in rows:
        started.write(row)
        arm = arm.step(row)
    reached = started.read(cameras=False).poses['eef'][:3]
    assert np.linalg.norm(reached - eef[:3]) > 0.04
    assert path[-1] == pytest.approx(reached, abs=0.004)
    assert arm.position == pytest.approx(path[-1], abs=1e-3)


@pytest.mark.parametrize('action', [np.zeros(6), np.full(7, 1.1), np.full(7, np.nan)])
def test_action_of_wrong_shape_or_range_is_refused(started, action):
    with pytest.raises(DriverError, match=r'7 values within -1\.\.1 \(x y z rx ry rz gripper\)'):
        started.write(action)


@pytest.mark.parametrize('init_state', [-2, 50])
def test_unknown_initial_state_is_refused_with_the_range(simulator, init_state):
    with pytest.raises(DriverError, match=rf'init_state must be .* 0\.\.49, .* got {init_state}'):
        simulator.reset(init_state, 0)


def test_drawn_initial_state_is_the_seeds_and_no_other(simulator):
    def drawn(seed):
        simulator.reset(-1, seed)
        return simulator.read(cameras=False).poses['basket_1']

    first = drawn(1)
    assert np.array_equal(drawn(1), first)
    assert np.abs(drawn(2) - first)[:2].max() > 1e-3


@pytest.mark.parametrize(('suite', 'task', 'message'), [
    ('libero_objects', 0, "suite 'libero_objects' is unknown .did you mean libero_object"),
    ('libero_object', 10, r'task_id must be within 0\.\.9 in libero_object, got 10'),
    ('libero_object', 'pick_up_the_milk', 'did you mean pick_up_the_milk_and_place'),
])
def test_unknown_suite_or_task_is_refused_with_near_names(suite, task, message):
    with pytest.raises(DriverError, match=message):
        LiberoSimulator(suite, task).connect()


def test_task_is_found_by_name():
    installation.prepare()
    name = 'pick_up_the_milk_and_place_it_in_the_basket'
    task = find_task('libero_object', name)
    assert (task.task_id, task.name, task.language) == (7, name, name.replace('_', ' '))


def test_simulator_that_is_not_connected_says_so():
    made = create(Params(suite='libero_object'))
    assert isinstance(made, Simulator)
    for call in (lambda: made.read(cameras=False), lambda: made.reset(0, 0), made.success):
        with pytest.raises(DriverError, match='not connected; call connect first'):
            call()
    made.disconnect()


def test_it_says_nothing_and_writes_nothing_into_the_home_folder(tmp_path):
    script = ('from robot_bridge.drivers.libero import LiberoSimulator\n'
              'import numpy as np\n'
              's = LiberoSimulator("libero_object", 0, cameras=("agentview",), image_size=32)\n'
              's.connect(); s.reset(0, 0); s.write(np.zeros(7)); s.read(cameras=True)\n')
    env = {k: v for k, v in os.environ.items()
           if k not in ('LIBERO_CONFIG_PATH', 'MPLCONFIGDIR', 'MUJOCO_GL', 'PYOPENGL_PLATFORM')}
    env |= {'HOME': str(tmp_path), 'PYTHONPATH': str(ROOT), 'MESA_SHADER_CACHE_DISABLE': 'true'}
    done = subprocess.run([sys.executable, '-c', script], env=env, cwd=tmp_path, text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')
    assert list(tmp_path.iterdir()) == []
