"""Training in seconds: the loss falls, a run goes on where it stopped, statistics are right."""

import numpy as np
import pytest
import reference_helpers as h
import torch

from policy_node.policies.reference import create
from policy_node.policies.reference.checkpoint import FILE, load, save
from policy_node.policies.reference.statistics import SMALLEST_SPREAD, Statistics
from policy_node.train.cli import main
from policy_node.train.dataset import DatasetError, Demonstrations
from policy_node.train.trainer import STATE_FILE, Trainer, TrainingParams


def demonstrations(folder):
    data = Demonstrations(h.CAMERAS, 24, 1024)
    data.add(folder)
    return data


def trainer(data, **params):
    statistics = Statistics.of(data.all('state'), data.all('actions'))
    return Trainer(h.model(), statistics, TrainingParams(**{
        'batch': 16, 'warmup': 5, 'steps': 80, 'shift': 0, 'learning_rate': 2e-3, **params}))


def test_loss_falls(tmp_path):
    torch.set_num_threads(1)
    data = demonstrations(h.write_demonstrations(tmp_path / 'data', episodes=2))
    made = trainer(data)
    losses = [made.step(data)['flow'] for _ in range(80)]
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:10])


def test_interrupted_run_ends_like_one_in_one_piece(tmp_path):
    torch.set_num_threads(1)
    data = demonstrations(h.write_demonstrations(tmp_path / 'data'))
    whole = trainer(data)
    for _ in range(6):
        whole.step(data)
    first = trainer(data)
    for _ in range(3):
        first.step(data)
    first.save(tmp_path)
    second = trainer(data)
    second.resume(tmp_path)
    for _ in range(3):
        second.step(data)
    assert second.step_number == 6
    for a, b in zip(whole.averaged.parameters(), second.averaged.parameters(), strict=True):
        assert torch.equal(a, b)


def test_statistics_are_those_of_all_rows(tmp_path):
    data = demonstrations(h.write_demonstrations(tmp_path / 'data'))
    files = [np.load(p) for p in sorted((tmp_path / 'data').glob('*.npz'))]
    actions = np.concatenate([f['actions'].reshape(-1, 7) for f in files])
    states = np.concatenate([f['state'] for f in files])
    statistics = Statistics.of(data.all('state'), data.all('actions'))
    assert np.allclose(statistics.state_mean, states.mean(0), atol=1e-5)
    assert np.allclose(statistics.action_std,
                       np.maximum(actions.std(0, ddof=1), SMALLEST_SPREAD), atol=1e-5)
    assert np.allclose(statistics.action_low, actions.min(0))
    rows = statistics.rows(data.all('actions'))
    assert torch.allclose(statistics.actions(rows), data.all('actions'), atol=1e-5)


def test_batch_holds_the_observations_asked_for(tmp_path):
    data = demonstrations(h.write_demonstrations(tmp_path / 'data', episodes=3, steps=5))
    assert (len(data), data.episodes) == (15, 3)
    batch = data.batch(np.array([0, 4, 5, 14]))
    for row, (episode, step) in enumerate([(0, 0), (0, 4), (1, 0), (2, 4)]):
        file = np.load(tmp_path / 'data' / f'{episode:03d}.npz')
        assert np.array_equal(batch.images['wrist'][row].permute(1, 2, 0), file['wrist'][step])
        assert np.allclose(batch.actions[row], file['actions'][step])
        assert np.allclose(batch.landmarks[row],
                           (file['landmarks'][step] - file['state'][step, :3]) / 0.1, atol=1e-4)


@pytest.mark.parametrize(('changes', 'words'), [
    ({'state': np.zeros((5, 3))}, 'different lengths'),
    ({'state': np.zeros((6, 3))}, r'state has shape \(3,\), the episodes before have \(11,\)')])
def test_episode_unlike_the_others_is_refused(tmp_path, changes, words):
    folder = h.write_demonstrations(tmp_path / 'data', episodes=2)
    h.write_demonstrations(tmp_path / 'odd', episodes=1, **changes)
    (tmp_path / 'odd' / '000.npz').rename(folder / 'z.npz')
    with pytest.raises(DatasetError, match=words):
        demonstrations(folder)


@pytest.mark.parametrize('content', [b'', b'no zip', b'PK\x03\x04 cut off'])
def test_damaged_episode_is_refused_by_name(tmp_path, content):
    folder = h.write_demonstrations(tmp_path / 'data', episodes=1)
    (folder / 'z.npz').write_bytes(content)
    with pytest.raises(DatasetError, match=r'z\.npz: not a demonstration'):
        demonstrations(folder)


def arguments(tmp_path, *more):
    return ['--data', str(tmp_path / 'data'), '--out', str(tmp_path / 'out'), '--steps', '3',
            '--batch', '4', '--threads', '1', '--max-prefix', '4', '--device', 'cpu', *more]


def test_command_writes_a_checkpoint_that_loads_as_policy_and_goes_on(tmp_path, capsys):
    h.write_demonstrations(tmp_path / 'data', episodes=2)
    assert main(arguments(tmp_path)) == 0
    assert (tmp_path / 'out' / STATE_FILE).is_file()
    model, _ = load(tmp_path / 'out', 'cpu')
    assert (model.config.horizon, model.config.image_size) == (h.HORIZON, h.SIZE)
    policy = create(h.config(tmp_path / 'out'))
    assert policy.infer(h.observation(), np.empty((0, 7)), 0).actions.shape == (h.HORIZON, 7)
    assert main([*arguments(tmp_path), '--resume', '--steps', '5']) == 0
    assert str(tmp_path / 'out' / FILE) in capsys.readouterr().out


def test_command_says_in_one_line_what_is_missing(tmp_path, capsys):
    assert main(arguments(tmp_path)) == 1
    error = capsys.readouterr().err
    assert error.count('\n') == 1 and 'has no demonstrations' in error and 'demonstrate' in error


def weights(folder):
    return load(folder, 'cpu')[0].state_dict()


@pytest.mark.parametrize('subtasks', [(), ('--subtasks',)])
def test_new_run_can_begin_with_the_weights_of_a_checkpoint(tmp_path, subtasks):
    h.write_demonstrations(tmp_path / 'data', episodes=2, sided=True)
    assert main([*arguments(tmp_path), *subtasks]) == 0
    begun, out = weights(tmp_path / 'out'), tmp_path / 'second'
    assert main([*arguments(tmp_path), '--out', str(out), '--begin-from', str(tmp_path / 'out'),
                 '--seed', '7', '--learning-rate', '0', '--subtasks']) == 0
    second = weights(out)
    assert {name for name in second if name not in begun} == (
        set() if subtasks else {name for name in second if name.startswith('speech.')})
    assert all(torch.allclose(second[name], value, atol=1e-3) for name, value in begun.items())


def test_weights_keep_the_statistics_that_they_go_with_but_not_the_range(tmp_path):
    h.write_demonstrations(tmp_path / 'data', episodes=2)
    assert main(arguments(tmp_path)) == 0
    h.write_demonstrations(tmp_path / 'data', episodes=2, steps=3,
                           actions=np.full((3, h.HORIZON, 7), 3, np.float32))
    assert main([*arguments(tmp_path), '--out', str(tmp_path / 'second'),
                 '--begin-from', str(tmp_path / 'out')]) == 0
    (_, first), (_, second) = load(tmp_path / 'out', 'cpu'), load(tmp_path / 'second', 'cpu')
    assert torch.equal(first.action_mean, second.action_mean)
    assert torch.equal(first.action_low, second.action_low)
    assert (second.action_high == 3).all()


def test_run_that_goes_on_with_more_demonstrations_gives_all_their_actions(tmp_path):
    h.write_demonstrations(tmp_path / 'data', episodes=2)
    assert main(arguments(tmp_path)) == 0
    h.write_demonstrations(tmp_path / 'data', episodes=3, steps=3,
                           actions=np.full((3, h.HORIZON, 7), 3, np.float32))
    assert main([*arguments(tmp_path), '--resume', '--steps', '4']) == 0
    assert (load(tmp_path / 'out', 'cpu')[1].action_high == 3).all()


@pytest.mark.parametrize('content', [b'', b'no file of torch', b'PK\x03\x04 cut off'])
def test_state_that_is_damaged_is_told(tmp_path, capsys, content):
    h.write_demonstrations(tmp_path / 'data', episodes=2)
    assert main(arguments(tmp_path)) == 0
    (tmp_path / 'out' / STATE_FILE).write_bytes(content)
    assert main([*arguments(tmp_path), '--resume']) == 1
    assert 'cannot be gone on from' in capsys.readouterr().err


@pytest.mark.parametrize(('begin_from', 'words'), [
    ('{tmp}/nowhere', "nowhere' is no folder with"),
    ('package://no_such_package/x', "package 'no_such_package' is not installed")])
def test_checkpoint_to_begin_with_that_cannot_be_used_is_told(tmp_path, capsys, begin_from, words):
    h.write_demonstrations(tmp_path / 'data', episodes=1)
    assert main([*arguments(tmp_path), '--begin-from', begin_from.format(tmp=tmp_path)]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize('shape', [
    {}, {'width': 192, 'heads': 6, 'context_layers': 2, 'action_layers': 3},
    {'width': 192, 'heads': 6, 'context_layers': 2, 'action_layers': 5}])
def test_checkpoint_of_another_shape_cannot_be_begun_with(tmp_path, capsys, shape):
    h.write_demonstrations(tmp_path / 'data', episodes=1)
    save(tmp_path / 'small', h.model(**shape), h.statistics())
    assert main([*arguments(tmp_path), '--begin-from', str(tmp_path / 'small')]) == 1
    assert 'its model has another shape' in capsys.readouterr().err
