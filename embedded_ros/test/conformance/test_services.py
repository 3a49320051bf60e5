"""Services and clients."""

import pytest
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import MultiThreadedExecutor
from rclpy.task import Future


def answer(request, response):
    response.success = request.data
    response.message = f'got {request.data}'
    return response


@pytest.fixture
def server(make_node):
    node = make_node('server')
    node.create_service(SetBool, 'set', answer)
    return node


@pytest.fixture
def own(make_node):
    return make_node('client')


def test_a_service_answers(server, own, call):
    client = own.create_client(SetBool, 'set')
    assert (client.srv_name, client.service_name) == ('set', '/set')
    for data in (True, False):
        response = call(client, SetBool.Request(data=data), server, own)
        assert (response.success, response.message) == (data, f'got {data}')


def test_each_client_gets_its_own_answers(make_node, server, spin_until):
    nodes = [make_node(f'client_{i}') for i in range(3)]
    clients = [node.create_client(SetBool, 'set') for node in nodes]
    spin_until(lambda: all(client.service_is_ready() for client in clients), server, *nodes)
    futures = [
        client.call_async(SetBool.Request(data=i % 2 == 0))
        for _ in range(3)
        for i, client in enumerate(clients)
    ]
    spin_until(lambda: all(future.done() for future in futures))
    assert [future.result().success for future in futures] == [True, False, True] * 3


def test_a_service_can_be_a_coroutine_that_calls_another(make_node, server, own, call):
    middle = make_node('middle')
    inner = middle.create_client(SetBool, 'set')

    async def relay(request, response):
        answered = await inner.call_async(SetBool.Request(data=True))
        response.message = f'relayed: {answered.message}'
        return response

    middle.create_service(Trigger, 'relay', relay, callback_group=ReentrantCallbackGroup())
    client = own.create_client(Trigger, 'relay')
    response = call(client, Trigger.Request(), server, middle, own)
    assert response.message == 'relayed: got True'


def test_a_client_waits_for_its_service(server, own):
    client = own.create_client(SetBool, 'set')
    assert client.wait_for_service(timeout_sec=30.0) and client.service_is_ready()
    assert not own.create_client(SetBool, 'nothing').wait_for_service(timeout_sec=0.05)


def test_a_call_can_wait_in_a_callback_when_there_are_threads(context, server, own):
    client = own.create_client(SetBool, 'set', callback_group=ReentrantCallbackGroup())
    assert client.wait_for_service(timeout_sec=30.0)
    done = Future()

    def ask():
        timer.cancel()
        done.set_result(client.call(SetBool.Request(data=True)))

    timer = own.create_timer(0.01, ask)
    executor = MultiThreadedExecutor(3, context=context)
    executor.add_node(server)
    executor.add_node(own)
    executor.spin_until_future_complete(done, timeout_sec=30.0)
    assert done.result().success
    executor.shutdown()


def test_processes_call_each_other(server, own, run_python, spin_until):
    process = run_python("""
        import rclpy
        from std_srvs.srv import SetBool
        rclpy.init()
        node = rclpy.create_node('remote')
        client = node.create_client(SetBool, 'set')
        assert client.wait_for_service(timeout_sec=30.0)
        for data in (True, False):
            future = client.call_async(SetBool.Request(data=data))
            rclpy.spin_until_future_complete(node, future, timeout_sec=30.0)
            print(future.result().message)
        rclpy.shutdown()
    """)
    spin_until(lambda: process.poll() is not None, server)
    output, errors = process.communicate()
    assert (output, process.returncode) == ('got True\ngot False\n', 0), errors


def test_a_call_gives_up(make_node, server):
    client = make_node('client').create_client(SetBool, 'set')
    assert client.call(SetBool.Request(), timeout_sec=0.05) is None


def test_a_removed_request_stays_without_answer(make_node, server, call):
    node = make_node('client')
    client = node.create_client(SetBool, 'set')
    assert client.wait_for_service(timeout_sec=30.0)
    forgotten = client.call_async(SetBool.Request())
    client.remove_pending_request(forgotten)
    call(client, SetBool.Request(), server, node)
    assert not forgotten.done()


def test_only_requests_of_the_right_type_are_sent(node):
    client = node.create_client(SetBool, 'set')
    for call in (client.call, client.call_async):
        with pytest.raises(TypeError):
            call(Trigger.Request())
    with pytest.raises(RuntimeError):
        node.create_client(String, 'set')
    with pytest.raises(RuntimeError):
        node.create_publisher(SetBool, 'topic', 1)


def test_a_callback_must_return_the_response(make_node, executor):
    server, node = make_node('server'), make_node('client')
    server.create_service(SetBool, 'set', lambda request, response: None)
    client = node.create_client(SetBool, 'set')
    assert client.wait_for_service(timeout_sec=30.0)
    client.call_async(SetBool.Request())
    executor.add_node(server)
    with pytest.raises(TypeError):
        executor.spin()


def test_services_and_clients_can_be_destroyed(make_node, server, spin_until):
    node = make_node('client')
    client = node.create_client(SetBool, 'set')
    assert client.wait_for_service(timeout_sec=30.0)
    service = next(each for each in server.services if each.srv_name == 'set')
    assert server.destroy_service(service) and not server.destroy_service(service)
    spin_until(lambda: not client.service_is_ready(), server)
    assert node.destroy_client(client) and client not in node.clients
