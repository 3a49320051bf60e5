import pytest
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger


def answer(request, response):
    response.success = request.data
    response.message = f'got {request.data}'
    return response


@pytest.fixture
def server(make_node):
    node = make_node('server')
    node.create_service(SetBool, 'set', answer)
    return node


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
