import os
import signal
import threading

import pytest
from std_msgs.msg import String

from embedded_ros.dds import DdsError, GuardCondition, WaitSet
from embedded_ros.interfaces import serialize
from embedded_ros.qos import QoSProfile

QOS = QoSProfile(depth=10)


@pytest.fixture
def wait_set(participant):
    return WaitSet(participant)


def test_a_guard_condition_stays_ready_until_it_is_cleared(participant, wait_set):
    guard = GuardCondition(participant)
    wait_set.attach(guard)
    guard.trigger()
    assert wait_set.wait(0.0) == [guard]
    assert wait_set.wait(0.0) == [guard]
    guard.clear()
    assert wait_set.wait(0.0) == []


def test_a_guard_condition_wakes_a_waiting_thread(participant, wait_set):
    guard = GuardCondition(participant)
    wait_set.attach(guard)
    found = []
    thread = threading.Thread(target=lambda: found.append(wait_set.wait(None)))
    thread.start()
    guard.trigger()
    thread.join(10)
    assert found == [[guard]]


def test_a_reader_is_ready_while_it_has_samples(participant, wait_set, wait_until):
    reader = participant.create_reader('rt/waited', String, QOS)
    writer = participant.create_writer('rt/waited', String, QOS)
    wait_set.attach(reader)
    wait_until(lambda: writer.matched_count, 'they match')
    writer.write(serialize(String()))
    writer.write(serialize(String()))
    assert wait_set.wait(10.0) == [reader]
    wait_until(reader.take, 'the first is there')
    wait_until(reader.take, 'the second is there')
    assert wait_set.wait(0.0) == []


def test_news_of_a_writer_that_left_are_swallowed_by_take(participant, wait_set, wait_until):
    reader = participant.create_reader('rt/left', String, QOS)
    writer = participant.create_writer('rt/left', String, QOS)
    wait_until(lambda: reader.matched_count, 'they match')
    writer.write(serialize(String()))
    wait_until(reader.take, 'the sample arrives')
    wait_set.attach(reader)
    writer.close()
    wait_until(lambda: not reader.matched_count, 'the writer left')
    assert reader.take() is None
    assert wait_set.wait(0.0) == []


def test_attaching_twice_and_detaching_what_is_not_attached_is_allowed(participant, wait_set):
    guard = GuardCondition(participant)
    wait_set.detach(guard)
    wait_set.attach(guard)
    wait_set.attach(guard)
    guard.trigger()
    assert wait_set.wait(1.0) == [guard]
    wait_set.detach(guard)
    assert wait_set.wait(0.0) == []


def test_something_attached_while_waiting_is_waited_for(participant, wait_set):
    found = []
    thread = threading.Thread(target=lambda: found.append(wait_set.wait(None)))
    thread.start()
    guard = GuardCondition(participant)
    guard.trigger()
    wait_set.attach(guard)
    thread.join(10)
    assert found == [[guard]]


def test_what_was_closed_is_no_longer_ready(participant, wait_set):
    guard = GuardCondition(participant)
    wait_set.attach(guard)
    guard.trigger()
    guard.close()
    guard.close()
    assert wait_set.wait(0.0) == []
    wait_set.detach(guard)
    with pytest.raises(DdsError, match='cannot attach'):
        wait_set.attach(guard)


@pytest.mark.parametrize('close', ['wait set', 'participant'])
def test_closing_ends_a_wait(participant, wait_set, close):
    found, about_to_wait = [], threading.Event()

    def work():
        about_to_wait.set()
        found.append(wait_set.wait(None))

    thread = threading.Thread(target=work)
    thread.start()
    about_to_wait.wait()
    (wait_set if close == 'wait set' else participant).close()
    thread.join(10)
    assert found == [[]]
    wait_set.close()


def test_a_signal_interrupts_an_endless_wait_of_the_main_thread(wait_set):
    class Interrupted(Exception):
        pass

    def interrupt(number, frame):
        raise Interrupted

    previous = signal.signal(signal.SIGUSR1, interrupt)
    timer = threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGUSR1])
    timer.start()
    try:
        with pytest.raises(Interrupted):
            wait_set.wait(None)
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, previous)
