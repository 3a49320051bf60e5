"""Scheduler: must-go first, fair between robots, batches that fill, deadlines; whatever happens."""

from hypothesis import given
from hypothesis import strategies as st

from policy_node.scheduler import ALIVE_NS, Scheduler, Waiting

FOREVER = 10**18
ROBOTS = 'abcdefg'


def ask(scheduler, robot, now_ns=0, *, request=None, must_go=False, expires_ns=FOREVER):
    return scheduler.add(Waiting(robot, request, must_go, expires_ns), now_ns)


def taken(scheduler, now_ns=0):
    return ''.join(w.robot for w in scheduler.take(now_ns).chosen)


def test_robots_that_ask_without_end_take_turns():
    scheduler, order = Scheduler(1, 0), ''
    for _ in range(6):
        for robot in 'abc':
            ask(scheduler, robot)
        order += taken(scheduler)
    assert order == 'abcabc'


def test_who_was_served_longest_ago_comes_first_whoever_asked_first():
    scheduler = Scheduler(1, 0)
    for robot in 'ab':
        ask(scheduler, robot)
        taken(scheduler)
    ask(scheduler, 'b')
    ask(scheduler, 'a')
    assert taken(scheduler) + taken(scheduler) == 'ab'


def test_must_go_comes_first():
    scheduler = Scheduler(2, 0)
    for robot in 'abcd':
        ask(scheduler, robot, must_go=robot in 'bd')
    assert taken(scheduler) == 'bd'
    assert taken(scheduler) == 'ac'


def test_robot_that_always_says_must_go_overtakes_nobody_twice():
    scheduler, order = Scheduler(1, 0), ''
    ask(scheduler, 'a')
    ask(scheduler, 'b')
    for _ in range(4):
        ask(scheduler, 'f', must_go=True)
        order += taken(scheduler)
    assert order == 'fabf'


def test_newer_request_of_a_robot_takes_the_place_of_its_older_one():
    scheduler = Scheduler(1, 10)
    assert ask(scheduler, 'a', 0, request='old') is None
    ask(scheduler, 'b', 1)
    assert ask(scheduler, 'a', 2, request='new').request == 'old'
    assert len(scheduler) == 2
    batch = scheduler.take(2)
    assert [(w.request, w.since_ns) for w in batch.chosen] == [('new', 0)]


def test_request_past_its_deadline_is_not_inferred_unless_it_must_go():
    scheduler = Scheduler(3, 0)
    ask(scheduler, 'a', expires_ns=10)
    ask(scheduler, 'b', expires_ns=10, must_go=True)
    ask(scheduler, 'c', expires_ns=11)
    batch = scheduler.take(10)
    assert [w.robot for w in batch.expired] == ['a']
    assert [w.robot for w in batch.chosen] == ['b', 'c']
    assert not len(scheduler)


def test_lonely_robot_does_not_wait_for_others():
    scheduler = Scheduler(8, 5)
    ask(scheduler, 'a', 0)
    assert scheduler.wait_ns(0) == 0


def test_batch_waits_for_robots_that_are_alive_until_it_is_full_or_its_oldest_waited_enough():
    scheduler = Scheduler(2, 5)
    for robot in 'abc':
        ask(scheduler, robot, 0)
    scheduler.clear()
    ask(scheduler, 'a', 1)
    assert [scheduler.wait_ns(now) for now in (1, 4, 6, 7)] == [5, 2, 0, 0]
    ask(scheduler, 'b', 2)
    assert scheduler.wait_ns(2) == 0


def test_batch_of_all_that_are_alive_does_not_wait_for_those_that_are_gone():
    scheduler = Scheduler(8, 5)
    ask(scheduler, 'gone', 0)
    assert taken(scheduler)
    later = ALIVE_NS + 1
    ask(scheduler, 'a', later)
    ask(scheduler, 'b', later)
    assert scheduler.alive(later) == 2
    assert scheduler.wait_ns(later) == 0


def test_nothing_waits_for_nothing():
    scheduler = Scheduler(8, 5)
    assert scheduler.wait_ns(0) == 0
    assert scheduler.take(0).chosen == scheduler.take(0).expired == ()


EVENTS = st.lists(st.tuples(
    st.sampled_from([*ROBOTS, 'take', 'take']), st.booleans(), st.integers(0, 3),
    st.integers(0, 20)), max_size=200)


class Run:
    """Any order of requests and batches; `waits` counts the batches that passed a robot over."""

    def __init__(self, max_batch_size, events):
        self.scheduler, self.now = Scheduler(max_batch_size, 2), 0
        self.asked, self.answered, self.replaced = [], [], []
        self.waits, self.longest = {}, 0
        for number, event in enumerate([*events, *[('take', False, 0, 0)] * len(ROBOTS)]):
            self.step(number, *event)

    def step(self, number, what, must_go, passed, patience):
        self.now += passed
        if what == 'take':
            self.take()
            return
        old = ask(self.scheduler, what, self.now, request=number, must_go=must_go,
                  expires_ns=self.now + patience)
        self.asked.append(number)
        self.replaced += [old.request] if old else []
        self.waits.setdefault(what, 0)

    def take(self):
        batch = self.scheduler.take(self.now)
        assert len(batch.chosen) <= self.scheduler.max_batch_size
        assert len({w.robot for w in batch.chosen}) == len(batch.chosen)
        assert all(w.must_go or self.now < w.expires_ns for w in batch.chosen)
        assert all(not w.must_go and self.now >= w.expires_ns for w in batch.expired)
        for w in (*batch.chosen, *batch.expired):
            self.answered.append(w.request)
            del self.waits[w.robot]
        for robot in self.waits:
            self.waits[robot] += 1
            self.longest = max(self.longest, self.waits[robot])


@given(st.integers(1, len(ROBOTS) + 1), EVENTS)
def test_every_request_is_answered_or_replaced_exactly_once(max_batch_size, events):
    run = Run(max_batch_size, events)
    assert sorted(run.answered + run.replaced) == run.asked
    assert not len(run.scheduler)


@given(st.integers(1, len(ROBOTS) + 1), EVENTS)
def test_nobody_is_passed_over_more_often_than_all_others_once_need(max_batch_size, events):
    assert Run(max_batch_size, events).longest <= (len(ROBOTS) - 1) // max_batch_size


@given(st.integers(1, 9), EVENTS)
def test_waiting_for_more_is_bounded_and_ends_when_the_batch_is_full(max_batch_size, events):
    scheduler, now = Scheduler(max_batch_size, 5), 0
    for what, must_go, passed, _ in events:
        now += passed
        if what == 'take':
            scheduler.take(now)
        else:
            ask(scheduler, what, now, must_go=must_go)
        wait = scheduler.wait_ns(now)
        assert 0 <= wait <= 5
        assert scheduler.wait_ns(now + wait) == 0
        if len(scheduler) in (0, max_batch_size, scheduler.alive(now)):
            assert wait == 0
