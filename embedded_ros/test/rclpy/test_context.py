import pytest

import rclpy
from rclpy.context import Context
from rclpy.node import Node


def test_a_context_that_was_never_initialized_cannot_be_shut_down():
    assert not Context().ok()
    with pytest.raises(RuntimeError):
        Context().shutdown()


def test_a_context_has_a_domain():
    with pytest.raises(RuntimeError):
        Context().get_domain_id()
    with pytest.raises(RuntimeError):
        Context().init([], domain_id=-1)
    context = Context()
    context.init([], domain_id=99)
    assert context.get_domain_id() == 99
    context.shutdown()


def test_functions_are_called_at_shutdown(context):
    calls = []
    context.on_shutdown(lambda: calls.append('first'))
    context.on_shutdown(lambda: calls.append('second'))
    assert not calls
    context.shutdown()
    assert calls == ['first', 'second']
    context.on_shutdown(lambda: calls.append('late'))
    assert calls == ['first', 'second', 'late']
    with pytest.raises(TypeError):
        context.on_shutdown('function')


def test_methods_are_called_at_shutdown_while_their_object_lives(context):
    calls = []

    class Owner:
        def __init__(self, name):
            self.name = name

        def on_shutdown(self):
            calls.append(self.name)

    kept, dropped = Owner('kept'), Owner('dropped')
    for owner in (kept, dropped):
        context.on_shutdown(owner.on_shutdown)
    del owner, dropped
    context.shutdown()
    assert calls == ['kept']


def test_a_context_is_a_context_manager(monkeypatch):
    monkeypatch.setattr('sys.argv', ['program'])
    with Context() as context:
        assert context.ok()
    assert not context.ok()


def test_wrong_ros_arguments_are_refused():
    with pytest.raises(RuntimeError, match='--no-such-argument'):
        Context().init(['--ros-args', '--no-such-argument'])


def test_the_default_context_can_be_initialized_again_and_again():
    for _ in range(2):
        rclpy.init(args=[])
        assert rclpy.ok()
        with pytest.raises(RuntimeError):
            rclpy.init(args=[])
        Node('node').destroy_node()
        rclpy.shutdown()
        assert not rclpy.ok()
    rclpy.try_shutdown()


def test_contexts_are_independent(context):
    other = Context()
    rclpy.init(args=[], context=other)
    Node('node', context=other).destroy_node()
    rclpy.shutdown(context=other)
    assert context.ok() and not rclpy.ok(context=other)


def test_destroying_a_node_after_shutdown_is_harmless(context):
    node = Node('node', context=context)
    context.shutdown()
    node.destroy_node()


def test_a_program_may_end_without_shutdown(run_python):
    process = run_python("""
        import threading
        import rclpy
        rclpy.init(args=[])
        node = rclpy.create_node('node')
        threading.Thread(target=rclpy.spin, args=(node,), daemon=True).start()
        fired = threading.Event()
        node.create_timer(0.001, fired.set)
        print(fired.wait(30))
    """)
    assert process.read_line() == 'True'
    assert process.wait() == 0
    assert process.errors == ''
