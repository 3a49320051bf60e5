"""Applications in a real Ray Serve: replicas, batches, losses and updates."""

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import ray_cluster
import reference_helpers
import yaml
from policies_for_tests import Waiting
from test_conformance import TestMock as MockConformance

from policy_node.policies import ray, reference
from policy_node.policies.reference.checkpoint import save
from policy_node.policies.remote import Unreachable
from policy_node.policy import Observation, PolicyConfig, PolicyError, Prediction, Query

if importlib.util.find_spec('ray') is None:
    pytest.skip('needs the extra ray', allow_module_level=True)

NOTHING = np.empty((0, 4))
WAIT = 30.0
"""A robot waits here longer than Ray needs to start a replica [s]."""
STEP_NS = 50_000_000
COMMAND = 'from policy_node.policies.ray.cli import main; raise SystemExit(main())'


def params_file(folder, **given):
    """Parameter file of a policy_node."""
    names = given.pop('names', Waiting.COLUMNS)
    contract = {'control_rate': 1e9 / STEP_NS, 'observations': ['state'],
                'state': {'topic': 'joint_states', 'type': 'sensor_msgs/msg/JointState',
                          'names': list(names)},
                'actions': list(names), 'action_units': given.pop('units', ['1'] * len(names)),
                **given.pop('contract', {})}
    path = folder / 'parameters.yaml'
    path.write_text(yaml.safe_dump({'/**': {'ros__parameters': {'contract': contract, **given}}}))
    return str(path)


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    made = ray_cluster.Cluster(tmp_path_factory.mktemp('ray') / 'log')
    yield made
    made.close()


@pytest.fixture(scope='module')
def waiting(cluster, tmp_path_factory):
    """An application of two replicas that take 50 ms for a batch."""
    file = params_file(tmp_path_factory.mktemp('waiting'), policy='policies_for_tests:Waiting',
                       config='0.05', checkpoint='1', actions_per_chunk=8, batch_wait=0.02)
    arguments = {'params_file': file, 'replicas': 2}
    assert cluster.deploy('waiting', arguments)['waiting'] == 'RUNNING'
    return arguments


@pytest.fixture
def connect(cluster, started):
    def connect(name='waiting', timeout=WAIT, **changes):
        return started(ray.create(PolicyConfig(**{
            'policy': 'ray', 'actions_per_chunk': 8, 'step_ns': STEP_NS,
            'action_names': Waiting.COLUMNS, 'action_units': ('1',) * 4,
            'params': ray.Params(url=cluster.url(name), timeout=timeout), **changes})))
    return connect


def seen(session, timestep=0):
    return Observation(0, timestep, '', {'state': np.zeros(4)}, session)


def told(prediction):
    """What the policy tells in its columns."""
    return dict(zip(Waiting.COLUMNS, prediction.actions[0].astype(int), strict=True))


def ask(policy, sessions):
    """Ask once for each session; a refusal is an error."""
    answers = policy.infer_batch([Query(seen(s), NOTHING, 0.0) for s in sessions])
    for answer in answers:
        if not isinstance(answer, Prediction):
            raise answer
    return dict(zip(sessions, map(told, answers), strict=True))


def ask_until_answered(policy, session, seconds=120):
    end = time.monotonic() + seconds
    while True:
        try:
            return told(policy.infer(seen(session), NOTHING, 0.0))
        except Unreachable:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_two_replicas_share_the_sessions_and_keep_them(waiting, connect):
    policy = connect()
    names = [f'robot {k}' for k in range(24)]
    rounds = [ask(policy, names) for _ in range(3)]
    assert len({each['pid'] for each in rounds[0].values()}) == 2
    for count, answers in enumerate(rounds, 1):
        assert {each['count'] for each in answers.values()} == {count}
        assert all(answers[name]['pid'] == rounds[0][name]['pid'] for name in names)


def test_requests_of_many_policy_nodes_are_inferred_in_batches(waiting, connect):
    policies = [connect() for _ in range(6)]
    sizes = []
    together = threading.Barrier(len(policies), timeout=60)

    def run(policy, session):
        for _ in range(4):
            together.wait()
            sizes.append(ask(policy, [session])[session]['batch'])

    threads = [threading.Thread(target=run, args=(policy, f'robot {k}'))
               for k, policy in enumerate(policies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sizes) == 24
    assert max(sizes) > 1


def test_killed_replica_is_replaced_and_its_sessions_begin_anew(waiting, connect):
    policy = connect(timeout=5.0)
    names = [f'robot {k}' for k in range(12)]
    ask(policy, names)
    before = ask(policy, names)
    victim = before[names[0]]['pid']
    os.kill(victim, signal.SIGKILL)
    for name in names:
        after = ask_until_answered(policy, name)
        assert after['pid'] != victim
        if before[name]['pid'] == victim:
            assert after['count'] == 1
    end = time.monotonic() + 120
    while len({each['pid'] for each in ask(policy, names).values()}) < 2:
        assert time.monotonic() < end, 'no second replica came back'


class Load:
    """Robots that ask all the time, each with a policy_node of its own."""

    def __init__(self, policies):
        self.answers, self.refused, self._ended = [], [], threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(p, f'robot {k}'))
                         for k, p in enumerate(policies)]
        for thread in self._threads:
            thread.start()

    def _run(self, policy, session):
        while not self._ended.is_set():
            try:
                self.answers.append(ask(policy, [session])[session])
            except PolicyError as error:
                self.refused.append(str(error))

    def wait_for(self, checkpoint, seconds=60):
        """Until the policy with a checkpoint answers."""
        end = time.monotonic() + seconds
        while checkpoint not in [each['checkpoint'] for each in self.answers[-3:]]:
            if time.monotonic() > end:
                raise TimeoutError(f'checkpoint {checkpoint} does not answer: {self.refused[-3:]}')
            time.sleep(0.02)

    def close(self):
        self._ended.set()
        for thread in self._threads:
            thread.join()


@pytest.mark.parametrize(('arguments', 'options'), [
    ({}, {'user_config': {'checkpoint': '2'}}),
    ({'parameters': {'checkpoint': '3'}}, {})], ids=['user_config', 'args'])
def test_model_is_updated_under_load_without_a_refused_request(
        cluster, waiting, connect, started, arguments, options):
    policies = [connect() for _ in range(3)]
    load = started(Load(policies))
    number = int((options.get('user_config') or arguments['parameters'])['checkpoint'])
    load.wait_for(told(policies[0].infer(seen('x'), NOTHING, 0.0))['checkpoint'])
    assert cluster.deploy('waiting', waiting | arguments, **options)['waiting'] == 'RUNNING'
    load.wait_for(number)
    load.close()
    assert load.refused == []
    assert {each['checkpoint'] for each in load.answers[-3:]} == {number}


def test_model_that_cannot_be_loaded_leaves_the_old_one(cluster, waiting, connect):
    policy = connect()
    before = ask(policy, ['a'])['a']
    cluster.begin('waiting', waiting, user_config={'checkpoint': 'broken'})
    try:
        assert all(ask(policy, ['a'])['a']['checkpoint'] == before['checkpoint']
                   for _ in range(20))
    finally:
        cluster.end()
        cluster.deploy('waiting', waiting, user_config={'checkpoint': '1'})
    assert ask_until_answered(policy, 'a')['checkpoint'] == 1


def test_reference_answers_bit_for_bit_as_in_process(cluster, connect, tmp_path):
    save(tmp_path, reference_helpers.awake(reference_helpers.model()),
         reference_helpers.statistics())
    here = reference.create(reference_helpers.config(tmp_path, params=reference.Params(
        rtc='trained')))
    inputs = {name: {'topic': name, 'type': 'sensor_msgs/msg/Image'}
              for name in reference_helpers.CAMERAS}
    file = params_file(
        tmp_path, names=reference_helpers.COLUMNS, units=['normalized'] * 7, policy='reference',
        checkpoint=str(tmp_path), actions_per_chunk=reference_helpers.HORIZON,
        reference={'rtc': 'trained'}, contract={
            **inputs, 'observations': [*inputs, 'state'],
            'state': {'topic': 'joint_states', 'type': 'sensor_msgs/msg/JointState',
                      'names': [f'j{k}' for k in range(reference_helpers.STATE)]}})
    assert cluster.deploy('reference', {'params_file': file})['reference'] == 'RUNNING'
    policy = connect('reference', action_names=reference_helpers.COLUMNS,
                     action_units=('normalized',) * 7)
    for timestep, rows in ((0, 0), (4, 3)):
        observation = reference_helpers.observation(timestep)
        prefix = np.full((rows, 7), 0.1)
        there = policy.infer(observation, prefix, 2.0)
        expected = here.infer(observation, prefix, 2.0)
        assert np.array_equal(there.actions, expected.actions)
        assert there.frozen_rows == expected.frozen_rows == min(rows, 2)


@pytest.fixture(scope='module')
def swinging(cluster, tmp_path_factory):
    """URL of an application of `mock`."""
    file = params_file(tmp_path_factory.mktemp('mock'), names=('a', 'b'),
                       units=['rad', 'percent'], policy='mock')
    assert cluster.deploy('mock', {'params_file': file, 'replicas': 2})['mock'] == 'RUNNING'
    return cluster.url('mock')


class TestMock(MockConformance):
    """The whole suite against two replicas of `mock`."""

    @pytest.fixture(autouse=True)
    def _application(self, swinging):
        self.url = swinging

    def config(self):
        return replace(super().config(), policy='ray',
                       params=ray.Params(url=self.url, timeout=WAIT))


def test_command_deploys_to_a_running_ray_and_guards_it_with_a_token(cluster, tmp_path, connect):
    file = params_file(tmp_path, names=('a',), units=['rad'])
    command = [
        sys.executable, '-c', COMMAND, '--params-file', file, '--policy', 'mock',
        '-p', 'actions_per_chunk:=8', '-p', 'mock.amplitude:=2.0', '--num-cpus', '0.01',
        '--name', 'guarded', '--address', cluster.address]
    made = subprocess.run(command, text=True, capture_output=True, timeout=240, check=False,
                          env=cluster.environment | {'SEGUE_RAY_TOKEN': 'secret'})
    assert made.returncode == 0, made.stderr[-2000:]
    assert 'guarded is deployed' in made.stdout
    robot = {'action_names': ('a',), 'action_units': ('rad',)}
    with pytest.raises(PolicyError, match='refuses the token'):
        connect('guarded', **robot)
    policy = connect('guarded', **robot, params=ray.Params(
        url=cluster.url('guarded'), timeout=WAIT, token='secret'))
    answer = policy.infer(Observation(0, 7, '', {'state': np.zeros(1)}, 's'), NOTHING[:, :1], 0.0)
    assert answer.actions.shape == (8, 1)
