"""Managed nodes."""

import pytest
from lifecycle_msgs.msg import State, Transition, TransitionEvent
from lifecycle_msgs.srv import ChangeState, GetAvailableStates, GetAvailableTransitions, GetState
from std_msgs.msg import String

from rclpy.lifecycle import (
    LifecycleNode,
    LifecycleState,
    ManagedEntity,
    Node,
    TransitionCallbackReturn,
)

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


def test_a_managed_node_starts_unconfigured(ask):
    current = ask(GetState, 'get_state').current_state
    assert (current.id, current.label) == (State.PRIMARY_STATE_UNCONFIGURED, 'unconfigured')
    assert Node is LifecycleNode


@pytest.mark.parametrize('before', [[], ['configure'], ['configure', 'activate']])
def test_a_managed_node_can_be_shut_down_in_every_primary_state(managed, state, before):
    for trigger in before:
        getattr(managed, f'trigger_{trigger}')()
    assert managed.trigger_shutdown() == SUCCESS
    assert state() == 'finalized'
    with pytest.raises(RuntimeError):
        managed.trigger_shutdown()


def test_impossible_transitions_are_refused(managed, change, state):
    for trigger in ('activate', 'deactivate', 'cleanup'):
        with pytest.raises(RuntimeError):
            getattr(managed, f'trigger_{trigger}')()
    assert not change(label='activate')
    assert state() == 'unconfigured' and not managed.calls


@pytest.mark.parametrize(
    ('callback', 'path', 'after'),
    [
        ('configure', ['configure'], 'unconfigured'),
        ('activate', ['configure', 'activate'], 'inactive'),
        ('deactivate', ['configure', 'activate', 'deactivate'], 'active'),
        ('cleanup', ['configure', 'cleanup'], 'inactive'),
        ('shutdown', ['shutdown'], 'finalized'),
    ],
)
def test_a_failure_leads_back(managed, state, callback, path, after):
    managed.outcomes[callback] = FAILURE
    outcomes = [getattr(managed, f'trigger_{trigger}')() for trigger in path]
    assert outcomes[-1] == FAILURE and state() == after


@pytest.mark.parametrize('outcome', [ERROR, RuntimeError('broken, too')], ids=['error', 'raises'])
def test_an_error_in_error_processing_ends_the_life(managed, state, outcome):
    managed.outcomes.update(activate=ERROR, error=outcome)
    managed.trigger_configure()
    assert managed.trigger_activate() == ERROR
    assert managed.calls[-1] == ('error', 'inactive')
    assert state() == 'finalized'


def test_a_label_counts_more_than_an_id(managed, change, state):
    managed.trigger_configure()
    assert change(id=Transition.TRANSITION_CLEANUP, label='activate') and state() == 'active'


def test_others_can_shut_a_managed_node_down(change, state):
    assert change(Transition.TRANSITION_UNCONFIGURED_SHUTDOWN) and state() == 'finalized'


def test_the_states_and_transitions_are_told(managed, ask):
    states = ask(GetAvailableStates, 'get_available_states').available_states
    assert [each.label for each in states] == [
        'unknown', 'unconfigured', 'inactive', 'active', 'finalized', 'configuring', 'cleaningup',
        'shuttingdown', 'activating', 'deactivating', 'errorprocessing',
    ]  # fmt: skip
    managed.trigger_configure()
    available = ask(GetAvailableTransitions, 'get_available_transitions').available_transitions
    assert {(each.transition.id, each.transition.label) for each in available} == {
        (Transition.TRANSITION_CLEANUP, 'cleanup'),
        (Transition.TRANSITION_ACTIVATE, 'activate'),
        (Transition.TRANSITION_INACTIVE_SHUTDOWN, 'shutdown'),
    }
    graph = ask(GetAvailableTransitions, 'get_transition_graph').available_transitions
    assert len(graph) == 25
    assert ('activate', 'inactive', 'activating') in {
        (each.transition.label, each.start_state.label, each.goal_state.label) for each in graph
    }


def test_a_lifecycle_publisher_knows_whether_its_node_is_active(make_node):
    node = make_node('managed', node_class=LifecycleNode)
    publisher = node.create_lifecycle_publisher(String, 'topic', 10)
    node.trigger_configure()
    assert not publisher.is_activated
    node.trigger_activate()
    assert publisher.is_activated
    assert node.destroy_lifecycle_publisher(publisher)


def test_managed_entities_take_part(make_node):
    node, calls = make_node('managed', node_class=LifecycleNode), []

    class Entity(ManagedEntity):
        def on_configure(self, state):
            calls.append(state)
            return FAILURE

    with pytest.raises(TypeError):
        node.add_managed_entity('entity')
    node.add_managed_entity(Entity())
    assert node.trigger_configure() == FAILURE
    assert calls == [LifecycleState('unconfigured', State.PRIMARY_STATE_UNCONFIGURED)]


def test_a_managed_node_can_be_for_itself(make_node):
    node = make_node('managed', node_class=LifecycleNode, enable_communication_interface=False)
    assert not any('change_state' in service.service_name for service in node.services)
    assert node.trigger_configure() == SUCCESS
