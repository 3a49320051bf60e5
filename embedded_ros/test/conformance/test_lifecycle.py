"""Managed nodes."""

import pytest
from lifecycle_msgs.msg import Transition, TransitionEvent
from lifecycle_msgs.srv import ChangeState, GetState
from std_msgs.msg import String

from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn

SUCCESS = TransitionCallbackReturn.SUCCESS
FAILURE = TransitionCallbackReturn.FAILURE
ERROR = TransitionCallbackReturn.ERROR


class Recorder(LifecycleNode):
    """Notes the callbacks, and returns or raises what a test has told it."""

    def __init__(self, name, **kwargs):
        self.calls, self.outcomes = [], {}
        super().__init__(name, **kwargs)

    def record(self, name, state):
        self.calls.append((name, state.label))
        outcome = self.outcomes.get(name, SUCCESS)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


for callback in ('configure', 'cleanup', 'shutdown', 'activate', 'deactivate', 'error'):
    setattr(Recorder, f'on_{callback}', lambda self, state, name=callback: self.record(name, state))


@pytest.fixture
def managed(make_node):
    return make_node('managed', node_class=Recorder)


@pytest.fixture
def client(make_node):
    return make_node('client')


@pytest.fixture
def ask(managed, client, call):
    """Function that calls a lifecycle service of the managed node."""

    def run(srv_type, name, **fields):
        asking = client.create_client(srv_type, f'managed/{name}')
        return call(asking, srv_type.Request(**fields), managed, client)

    return run


@pytest.fixture
def state(ask):
    return lambda: ask(GetState, 'get_state').current_state.label


@pytest.fixture
def change(ask):
    def run(id=0, label=''):
        transition = Transition(id=id, label=label)
        return ask(ChangeState, 'change_state', transition=transition).success

    return run


def test_a_managed_node_goes_through_its_life(managed, state):
    path = [state()]
    for trigger in ('configure', 'activate', 'deactivate', 'cleanup', 'configure', 'shutdown'):
        assert getattr(managed, f'trigger_{trigger}')() == SUCCESS
        path.append(state())
    assert path == [
        'unconfigured', 'inactive', 'active', 'inactive', 'unconfigured', 'inactive', 'finalized',
    ]  # fmt: skip
    assert managed.calls == [
        ('configure', 'unconfigured'), ('activate', 'inactive'), ('deactivate', 'active'),
        ('cleanup', 'inactive'), ('configure', 'unconfigured'), ('shutdown', 'inactive'),
    ]  # fmt: skip


@pytest.mark.parametrize('error', [ERROR, RuntimeError('broken')], ids=['returned', 'raised'])
@pytest.mark.parametrize(('recovery', 'after'), [(SUCCESS, 'unconfigured'), (FAILURE, 'finalized')])
def test_an_error_is_processed(managed, state, error, recovery, after):
    managed.outcomes.update(activate=error, error=recovery)
    managed.trigger_configure()
    assert managed.trigger_activate() == ERROR
    assert managed.calls[-1][0] == 'error' and state() == after


def test_others_steer_a_managed_node(managed, change, state):
    assert change(Transition.TRANSITION_CONFIGURE) and state() == 'inactive'
    assert change(label='activate') and state() == 'active'
    managed.outcomes['deactivate'] = FAILURE
    assert not change(label='deactivate') and state() == 'active'


def test_every_transition_is_published(managed, client, spin_until):
    events = []
    subscription = client.create_subscription(
        TransitionEvent, 'managed/transition_event', events.append, 10
    )
    spin_until(subscription.get_publisher_count, managed, client)
    managed.outcomes['configure'] = ERROR
    managed.trigger_configure()
    spin_until(lambda: len(events) >= 3)
    assert [(event.start_state.label, event.goal_state.label) for event in events] == [
        ('unconfigured', 'configuring'),
        ('configuring', 'errorprocessing'),
        ('errorprocessing', 'unconfigured'),
    ]


def test_lifecycle_publishers_publish_while_active(make_node, client, spin_until):
    node, received = make_node('managed', node_class=LifecycleNode), []
    publisher = node.create_lifecycle_publisher(String, 'topic', 10)
    client.create_subscription(String, 'topic', lambda m: received.append(m.data), 10)
    spin_until(publisher.get_subscription_count, client)
    publisher.publish(String(data='before'))
    node.trigger_configure()
    node.trigger_activate()
    publisher.publish(String(data='active'))
    node.trigger_deactivate()
    publisher.publish(String(data='after'))
    node.trigger_activate()
    publisher.publish(String(data='again'))
    spin_until(lambda: 'again' in received)
    assert received == ['active', 'again']
