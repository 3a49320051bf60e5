"""Recorded actions as a policy: datasets of both versions, bags, and what does not fit."""

import json

import numpy as np
import pytest
from bag_helpers import NS, STEP_NS, joints, params_file, request, session, write_bag

from policy_node.policies.replay import Params, ReplayPolicy
from policy_node.policies.replay.cli import node_arguments
from policy_node.policies.replay.recording import Recording, RecordingError
from policy_node.policy import Observation, PolicyConfig, PolicyError
from policy_node.server import PolicyServer

NONE_HELD = np.empty((0, 2))


def config(path='', *, names=('a', 'b'), units=('rad', 'rad'), horizon=4, step_ns=STEP_NS,
           **params):
    return PolicyConfig(policy='replay', actions_per_chunk=horizon, step_ns=step_ns,
                        action_names=names, action_units=units,
                        params=Params(path=str(path), **params))


def rows(policy, timestep=0):
    observation = Observation(0, timestep, '', {})
    return policy.infer(observation, NONE_HELD, 0.0).actions.tolist()


@pytest.fixture(scope='module')
def bag(tmp_path_factory):
    """Sessions of 12 and 9 steps; step k commands (k + 0.5, k / 10 + 0.05)."""
    return write_bag(tmp_path_factory.mktemp('bag') / 'bag',
                     session(0, 's', 12) + session(100, 't', 9))


def exported(version, bag, factory):
    pytest.importorskip('pyarrow', reason='needs the extra datasets')
    pytest.importorskip('av', reason='needs the extra datasets')
    from segue_recording.export.cli import main
    folder = factory.mktemp(version)
    assert main(['--bag', str(bag), '--out', str(folder / 'data'), '--format', version,
                 '--params-file', str(params_file(folder))]) == 0
    return folder / 'data'


@pytest.fixture(scope='module')
def dataset_3(bag, tmp_path_factory):
    return exported('v3.0', bag, tmp_path_factory)


@pytest.fixture(scope='module')
def dataset_2(bag, tmp_path_factory):
    return exported('v2.1', bag, tmp_path_factory)


@pytest.fixture(params=['dataset_2', 'dataset_3'])
def dataset(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(params=['bag', 'dataset_2', 'dataset_3'])
def recording(request):
    return request.getfixturevalue(request.param)


def step(k):
    return pytest.approx([k + 0.5, k / 10 + 0.05])


def test_rows_are_those_from_the_timestep_on(recording):
    policy = ReplayPolicy(config(recording))
    assert rows(policy, 0) == [step(0), step(1), step(2), step(3)]
    assert rows(policy, 5) == [step(5), step(6), step(7), step(8)]
    assert policy.metadata.features == ()


def test_after_the_end_the_last_row_is_held(recording):
    policy = ReplayPolicy(config(recording))
    assert rows(policy, 10) == [step(10), step(11), step(11), step(11)]
    assert rows(policy, 1000) == [step(11)] * 4


def test_episode_start_and_max_frames_choose_what_is_replayed(recording):
    policy = ReplayPolicy(config(recording, episode=1, start=2, max_frames=3))
    assert rows(policy) == [step(2), step(3), step(4), step(4)]


def test_columns_come_in_the_order_of_the_contract(recording):
    assert rows(ReplayPolicy(config(recording, names=('b', 'a'))))[1] == pytest.approx([0.15, 1.5])


def test_columns_of_other_names_are_mapped(recording):
    policy = ReplayPolicy(config(recording, names=('x', 'y'), columns=('b', 'a')))
    assert rows(policy)[1] == pytest.approx([0.15, 1.5])
    assert policy.metadata.action_names == ('x', 'y')


def test_another_control_rate_resamples_linearly(recording):
    policy = ReplayPolicy(config(recording, step_ns=STEP_NS // 2))
    assert rows(policy) == [step(0), step(0.5), step(1), step(1.5)]


def test_columns_that_the_bag_has_besides_are_left_out(bag):
    assert len(rows(ReplayPolicy(config(bag)))[0]) == 2


@pytest.mark.parametrize(('changes', 'part'), [
    ({'names': ('a', 'c')}, "no action column 'c'; it has .*: set replay.columns"),
    ({'episode': 2}, 'replay.episode'),
    ({'start': 12}, r'replay.start must be within 0..11'),
    ({'columns': ('a',)}, r'replay.columns must have one entry for each of .* \(2\), got 1')])
def test_what_does_not_fit_is_refused_with_the_remedy(recording, changes, part):
    with pytest.raises(PolicyError, match=part):
        ReplayPolicy(config(recording, **changes))


def test_column_in_another_unit_is_refused(dataset):
    with pytest.raises(PolicyError, match="column 'b' is in rad, .* wants deg"):
        ReplayPolicy(config(dataset, units=('rad', 'deg')))


@pytest.mark.parametrize(('path', 'part'), [
    ('', 'needs parameter replay.path'), ('/not/there', 'does not exist'),
    ('package://no_such_package/x', 'not installed')])
def test_path_that_leads_nowhere_is_refused(path, part):
    with pytest.raises(PolicyError, match=part):
        ReplayPolicy(config(path))


def test_what_is_neither_dataset_nor_bag_is_refused(tmp_path):
    with pytest.raises(PolicyError, match='as a bag'):
        ReplayPolicy(config(tmp_path))


@pytest.mark.parametrize(('info', 'part'), [
    ('{', 'cannot be read as a LeRobot dataset'), ('{}', 'total_episodes'),
    (json.dumps({'codebase_version': 'v1.6', 'total_episodes': 1, 'features': {}, 'fps': 30}),
     'version v1.6; v2.1 and v3.0 can be read')])
def test_broken_dataset_is_refused(tmp_path, info, part):
    pytest.importorskip('pyarrow', reason='needs the extra datasets')
    (tmp_path / 'meta').mkdir()
    (tmp_path / 'meta/info.json').write_text(info)
    with pytest.raises(PolicyError, match=part):
        ReplayPolicy(config(tmp_path))


@pytest.mark.parametrize(('names', 'columns'), [
    ({'motors': ['a', 'b']}, ()), (None, ('0', '1'))])
def test_other_forms_of_names_are_read(dataset, names, columns):
    file = dataset / 'meta/info.json'
    before = file.read_text()
    info = json.loads(before)
    info['features']['action']['names'] = names
    file.write_text(json.dumps(info))
    try:
        assert rows(ReplayPolicy(config(dataset, columns=columns)))[1] == step(1)
    finally:
        file.write_text(before)


def test_bag_whose_commands_are_something_else_is_refused(bag):
    with pytest.raises(PolicyError, match='must be a sensor_msgs/msg/JointState'):
        ReplayPolicy(config(bag, topic='head/image_raw'))
    with pytest.raises(PolicyError, match='no topic /left/commanded_joint_states; its topics are'):
        ReplayPolicy(config(bag, topic='/left/commanded_joint_states'))


def test_commands_of_another_robot_in_between_are_refused(tmp_path):
    records = [(0, '/chunk_request', request(NS, 's')),
               (1, '/commanded_joint_states', joints(NS, a=1.0, b=2.0)),
               (2, '/commanded_joint_states', joints(NS + 1, b=1.0, a=2.0))]
    with pytest.raises(PolicyError, match='the columns .* change'):
        ReplayPolicy(config(write_bag(tmp_path / 'bag', records)))


def test_bag_without_sessions_is_one_episode(tmp_path):
    records = [r for r in session(0, 's', 3) if r[1] == '/commanded_joint_states']
    assert rows(ReplayPolicy(config(write_bag(tmp_path / 'bag', records))))[2] == step(2)


def test_recording_with_nan_is_refused():
    with pytest.raises(RecordingError, match="action 1 has nan in column 'a'"):
        Recording('x', ('a',), (), np.array([0, 1]), np.array([[0.0], [np.nan]]))


def test_jitter_of_a_real_robot_does_not_resample():
    times = np.arange(50) * STEP_NS + np.random.default_rng(0).integers(-STEP_NS // 4, STEP_NS // 4,
                                                                        50)
    times[0], times[-1] = 0, 49 * STEP_NS
    values = np.arange(50.0)[:, np.newaxis]
    found = Recording('x', ('a',), (), times, values).resampled(STEP_NS)
    assert found.tolist() == values.tolist()


def test_policy_is_found_by_its_name(bag):
    assert PolicyServer(config(bag)).load(config(bag)).metadata.horizon == 4


def test_command_gives_policy_node_its_parameters():
    given = node_arguments(['--params-file', 'c.yaml', '--path', 'my bag', '--episode', '3',
                            '--max-frames', '50', '--ros-args', '-r', '__ns:=/left'])
    assert given[:3] == ['--ros-args', '--params-file', 'c.yaml']
    assert given[-2:] == ['-r', '__ns:=/left']
    for text in ('policy_node:replay.path:="my bag"', 'policy_node:replay.episode:=3',
                 'policy_node:replay.max_frames:=50', 'policy_node:policy:=replay'):
        assert given[given.index(text) - 1] == '-p'


def test_command_with_a_misspelt_option_is_refused(capsys):
    with pytest.raises(SystemExit):
        node_arguments(['--params-file', 'c.yaml', '--path', 'x', '--epsiode', '3'])
    assert 'unrecognized arguments: --epsiode 3' in capsys.readouterr().err
