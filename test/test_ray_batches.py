"""Questions that come while a batch is inferred make the next one."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from policy_node.policies.ray.batches import Batches


@pytest.fixture
def thread():
    with ThreadPoolExecutor(1) as made:
        yield made


def run(thread, converse, answer=lambda batch: batch, max_size=4, wait=0.0):
    """Sizes of the batches that were inferred, and what the conversation returned."""
    sizes = []

    def counted(batch):
        sizes.append(len(batch))
        return answer(batch)

    async def main():
        batches = Batches(counted, thread)
        batches.max_size, batches.wait = max_size, wait
        return await asyncio.wait_for(converse(batches), 30)

    return asyncio.run(main()), sizes


def test_what_comes_during_a_batch_is_inferred_together_in_its_order(thread):
    inside, leave = threading.Event(), threading.Event()

    def answer(batch):
        inside.set()
        leave.wait(30)
        return [10 * each for each in batch]

    async def converse(batches):
        tasks = [asyncio.create_task(batches.ask(0))]
        await asyncio.to_thread(inside.wait, 30)
        tasks += [asyncio.create_task(batches.ask(k)) for k in range(1, 7)]
        await asyncio.sleep(0)      # each task has asked
        leave.set()
        return await asyncio.gather(*tasks)

    answers, sizes = run(thread, converse, answer)
    assert answers == [0, 10, 20, 30, 40, 50, 60]
    assert sizes == [1, 4, 2]


def test_full_batch_does_not_wait_for_company(thread):
    async def converse(batches):
        return await asyncio.gather(*map(batches.ask, range(4)))

    assert run(thread, converse, wait=1000.0) == ([0, 1, 2, 3], [4])


def test_question_alone_is_answered_after_the_wait(thread):
    async def converse(batches):
        return await batches.ask(1)

    assert run(thread, converse, wait=0.001) == (1, [1])


def test_who_gave_up_is_left_out(thread):
    inside, leave = threading.Event(), threading.Event()

    def answer(batch):
        inside.set()
        leave.wait(30)
        return batch

    async def converse(batches):
        first = asyncio.create_task(batches.ask(0))
        await asyncio.to_thread(inside.wait, 30)
        gone, kept = (asyncio.create_task(batches.ask(k)) for k in (1, 2))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        leave.set()
        return await asyncio.gather(first, kept)

    assert run(thread, converse, answer) == ([0, 2], [1, 1])


def test_failure_is_told_to_who_asked_and_the_next_batch_is_inferred(thread):
    def answer(batch):
        if 'bad' in batch:
            raise ZeroDivisionError('a bug')
        return batch

    async def converse(batches):
        bad = await asyncio.gather(batches.ask('bad'), return_exceptions=True)
        return bad, await batches.ask('good')

    ((error,), good), _ = run(thread, converse, answer)
    assert isinstance(error, ZeroDivisionError)
    assert good == 'good'
