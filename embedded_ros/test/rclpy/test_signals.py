"""What signals do to programs, in processes of their own."""

import signal

import pytest

PROGRAM = """
import signal, sys, threading, time
import rclpy
from rclpy.executors import ExternalShutdownException, MultiThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import String

how = sys.argv[1]
signal.signal(signal.SIGINT, signal.default_int_handler)
rclpy.init(args=[])
node = Node('node')
publisher = node.create_publisher(String, 'topic', 1)
executor = MultiThreadedExecutor(2) if how == 'threads' else None

def spin_for_ever():
    # Not rclpy.spin, which returns if the signal comes between two of its waits.
    while True:
        rclpy.spin_once(node)

ready = node.create_timer(0.001, lambda: ready.cancel() or print('ready'))
try:
    if how == 'background':
        def run():
            try:
                spin_for_ever()
            except ExternalShutdownException:
                print('external shutdown in thread')
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    elif how == 'callback':
        node.create_timer(0.001, lambda: print('in callback') or time.sleep(100))
        rclpy.spin(node)
    elif how == 'threads':
        rclpy.spin(node, executor)
    else:
        spin_for_ever()
    print('returned')
except KeyboardInterrupt:
    print('keyboard interrupt')
except ExternalShutdownException:
    print('external shutdown')
print('ok' if rclpy.ok() else 'not ok')
try:
    publisher.publish(String())
except RuntimeError as error:
    assert 'context is invalid' in str(error)
else:
    print('published')
if executor:
    executor.shutdown()
node.destroy_node()
rclpy.try_shutdown()
print('end')
"""


@pytest.fixture
def outcome(run_python):
    """Function that runs the program, sends it a signal and returns what it printed after."""

    def run(how, number, first_line='ready'):
        process = run_python(PROGRAM, how)
        while process.read_line() != first_line:
            pass
        process.process.send_signal(number)
        lines = []
        while (line := process.read_line()) != 'end':
            lines.append(line)
        assert process.wait() == 0, process.errors
        return lines

    return run


def test_sigint_interrupts_spin(outcome):
    assert outcome('spin', signal.SIGINT) == ['keyboard interrupt', 'not ok']


def test_sigterm_shuts_down(outcome):
    assert outcome('spin', signal.SIGTERM) == ['external shutdown', 'not ok']


def test_sigint_interrupts_a_callback(outcome):
    lines = outcome('callback', signal.SIGINT, first_line='in callback')
    assert lines == ['keyboard interrupt', 'not ok']


def test_sigterm_ends_an_executor_in_another_thread(outcome):
    lines = outcome('background', signal.SIGTERM)
    assert lines == ['external shutdown in thread', 'returned', 'not ok']


def test_a_program_that_only_sleeps_is_interrupted(run_python):
    process = run_python("""
        import signal, time
        import rclpy
        signal.signal(signal.SIGINT, signal.default_int_handler)
        rclpy.init(args=[])
        try:
            print('ready')
            time.sleep(100)
        except KeyboardInterrupt:
            print('interrupted', rclpy.ok())
    """)
    process.read_line()
    process.process.send_signal(signal.SIGINT)
    assert process.read_line().startswith('interrupted')
    assert process.wait() == 0


def test_signals_can_be_left_alone(run_python):
    process = run_python("""
        import time
        import rclpy
        from rclpy.signals import SignalHandlerOptions, get_current_signal_handlers_options
        rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
        assert get_current_signal_handlers_options() == SignalHandlerOptions.NO
        print('ready')
        time.sleep(100)
    """)
    process.read_line()
    process.process.terminate()
    assert process.wait() == -signal.SIGTERM


def test_others_see_at_once_that_a_process_left(run_python, make_node, wait_until):
    """A process that only disappears is noticed after seconds; one that says good-bye is not."""
    watcher = make_node('watcher')
    process = run_python(PROGRAM, 'spin')
    assert process.read_line() == 'ready'
    assert watcher.wait_for_node('/node', 30.0)
    process.process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    wait_until(lambda: 'node' not in watcher.get_node_names(), timeout_s=5.0)
