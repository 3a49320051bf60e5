"""The inference thread: batches form while it is busy, answers find their robot."""

from dataclasses import replace
from threading import Event
from time import monotonic_ns

import numpy as np
import pytest
from test_server import CONFIG, REQUEST, CountingPolicy

from policy_node.inference import InferenceThread
from policy_node.policy import PolicyError, Prediction
from policy_node.scheduler import Waiting
from policy_node.server import Asked, PolicyServer
from policy_node.tally import Tally

ROBOTS = 'abcdefgh'
SOON, FOREVER = 0, 10**18


class Gated(CountingPolicy):
    """Infers batches, each only when it is let; notes who was in them."""

    def __init__(self, config):
        super().__init__(config)
        self.busy, self.open, self.batches = Event(), Event(), []

    def infer(self, observation, prefix, delay):
        self._pass([observation.session_id])
        return Prediction(np.zeros((3, 2)))

    def infer_batch(self, queries):
        self._pass([q.observation.session_id for q in queries])
        return [Prediction(np.zeros((3, 2))) for _ in queries]

    def _pass(self, sessions):
        self.batches.append(''.join(sessions))
        self.busy.set()
        assert self.open.wait(20)


class Alone(Gated):
    """The same, one by one."""

    infer_batch = None


class Job:
    def __init__(self, robot, broken=None):
        self.robot, self.broken = robot, broken
        self.result, self.done = None, Event()

    def asked(self):
        if self.broken:
            raise self.broken
        return Asked(replace(REQUEST, session_id=self.robot), {'camera': 0}, '')

    def answer(self, answer):
        self.result = answer
        self.done.set()


class World:
    """An inference thread that is busy with robot z until `let_go`."""

    def __init__(self, policy, max_batch_size=8):
        server = PolicyServer(CONFIG)
        server.policy = self.policy = policy(CONFIG)
        self.tally = Tally([*ROBOTS, 'z'])
        self.thread = InferenceThread(server, max_batch_size, 0, self.tally)
        self.ask('z')
        assert self.policy.busy.wait(20)

    def ask(self, robot, expires_ns=FOREVER, must_go=False, **what):
        job = Job(robot, **what)
        self.replaced = self.thread.add(Waiting(robot, job, must_go, expires_ns))
        return job

    def let_go(self, *jobs):
        self.policy.open.set()
        for job in jobs:
            assert job.done.wait(20)
        return [job.result for job in jobs]


@pytest.fixture
def world(request):
    made = World(*getattr(request, 'param', (Gated,)))
    yield made
    made.policy.open.set()
    made.thread.close()


def test_requests_that_came_during_an_inference_are_the_next_batch(world):
    chunks = world.let_go(*[world.ask(robot) for robot in 'abc'])
    assert [c.session_id for c in chunks] == ['a', 'b', 'c']
    assert world.policy.batches == ['z', 'abc']


@pytest.mark.parametrize('world', [(Gated, 2)], indirect=True)
def test_batch_is_not_larger_than_allowed(world):
    world.let_go(*[world.ask(robot) for robot in 'abcde'])
    assert world.policy.batches == ['z', 'ab', 'cd', 'e']


@pytest.mark.parametrize('world', [(Alone,)], indirect=True)
def test_policy_without_batches_infers_the_most_urgent_alone(world):
    world.let_go(*[world.ask(robot, must_go=robot == 'c') for robot in 'abc'])
    assert world.policy.batches == ['z', 'c', 'a', 'b']
    world.thread.close()
    assert world.tally.figures().mean_batch_size == 1.0     # each answered before the next began


def test_batch_waits_for_robots_that_asked_lately_and_no_longer_once_all_are_there(world):
    scheduler, waits = world.thread.scheduler, Event()
    scheduler.batch_wait_ns = 40_000_000_000
    wait_ns = scheduler.wait_ns

    def noted(now_ns):
        if left := wait_ns(now_ns):
            waits.set()
        return left

    scheduler.wait_ns = noted
    a = world.ask('a')
    world.policy.open.set()
    assert waits.wait(20)
    z = world.ask('z')
    assert [r.session_id for r in world.let_go(a, z)] == ['a', 'z']
    assert sorted(world.policy.batches[1]) == ['a', 'z']


def test_newer_request_is_answered_and_the_older_one_is_returned(world):
    old = world.ask('a')
    new = world.ask('a')
    assert world.replaced is old
    assert world.let_go(new)[0].session_id == 'a'
    assert not old.done.is_set()
    assert world.policy.batches == ['z', 'a']


def test_request_past_its_deadline_is_refused_without_inference(world):
    late, must_go, fresh = (world.ask('a', monotonic_ns()), world.ask('b', SOON, True),
                            world.ask('c'))
    refused, *chunks = world.let_go(late, must_go, fresh)
    assert isinstance(refused, PolicyError) and 'deadline' in str(refused)
    assert [c.session_id for c in chunks] == ['b', 'c']
    assert world.policy.batches == ['z', 'bc']


def test_robot_whose_observation_cannot_be_read_does_not_touch_the_others(world):
    error, chunk = world.let_go(world.ask('a', broken=ValueError('no such joint')), world.ask('b'))
    assert str(error) == 'no such joint'
    assert chunk.session_id == 'b'


def test_what_waits_is_returned_when_it_is_cleared_and_the_thread_goes_on(world):
    jobs = [world.ask(robot) for robot in 'ab']
    assert world.thread.clear() == jobs
    assert world.let_go(world.ask('c'))[0].session_id == 'c'
    assert not any(job.done.is_set() for job in jobs)


def test_other_work_runs_between_inferences_and_tells_its_error(world):
    errors, done = [], Event()

    def fail():
        raise RuntimeError('not loaded')

    world.thread.call(lambda: None, errors.append)
    world.thread.call(fail, lambda error: (errors.append(error), done.set()))
    assert errors == []
    world.policy.open.set()
    assert done.wait(20)
    assert (errors[0], str(errors[1])) == (None, 'not loaded')


def test_batches_are_counted(world):
    world.let_go(*[world.ask(robot) for robot in 'abc'])
    world.thread.close()
    figures = world.tally.figures()
    assert (figures.batches, figures.mean_batch_size) == (2, 2.0)
    assert figures.inference_p99_ms >= figures.inference_p50_ms > 0
    assert figures.wait_p99_ms >= figures.wait_p50_ms > 0
