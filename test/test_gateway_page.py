"""The gateway's page in a real browser, see `browser`."""

import numpy as np
import pytest
from browser import CHROMIUM, browser
from gateway_helpers import Planning, Robot, ask, connected, gateway
from PIL import Image

from policy_node.subtasks import SubtaskSettings

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason='no Chromium: apt-get install chromium')
TAB = "[...document.querySelectorAll('nav button')].find(b => b.textContent === '{}')"


def scene(step):
    """A picture in which something moves, shape (240, 320, 3)."""
    y, x = np.mgrid[:240, :320]
    made = np.stack([60 + x / 4, 80 + y / 3, 150 - x / 5], axis=2)
    made[(x - 60 - 20 * step)**2 + (y - 120)**2 < 900] = (240, 180, 40)
    return made.astype(np.uint8)


class Moving(Planning):
    """Rows that differ from one another."""

    def __init__(self, config):
        super().__init__(config, ('front', 'wrist'))

    def infer(self, observation, prefix, delay):
        made = super().infer(observation, prefix, delay)
        return type(made)(made.actions * np.linspace(.2, 1, len(made.actions))[:, None])


@pytest.fixture
def opened(tmp_path):
    """A page, the gateway that it comes from, and a robot."""
    robot = Robot()
    with gateway(Moving, robots=lambda: {'arm': robot}) as made, browser(tmp_path) as page:
        page.call('Page.navigate', url=f'http://127.0.0.1:{made.port}/')
        page.until("document.querySelector('#link')?.textContent === 'live'")
        yield page, made, robot
        assert page.problems == []


def test_a_robot_is_watched_and_given_a_prompt(opened, tmp_path):
    page, made, robot = opened
    made.keeper.settings = SubtaskSettings(generate_subtask=True)
    page.until("document.querySelector('#policy').textContent === 'seeing'")
    for n, prompt in enumerate(('tidy up the table', 'put the soup into the basket')):
        robot.ask(made, prompt, front=scene(n), wrist=scene(5 + n))
    page.until("document.querySelector('#subtask').innerText.startsWith('step 2')")
    assert page.text('#subtask') == 'step 2 of put the soup into the basket'
    assert 'step 1 of tidy up the table' in page.text('#history')
    assert page.run("document.querySelector('#prompt').value") == 'put the soup into the basket'
    assert page.run("document.querySelectorAll('#plots svg').length") == 3
    assert 'ms' in page.text('#times')
    page.until("[...document.querySelectorAll('#cameras img')].filter(i => i.naturalWidth === 320)"
               '.length === 2')
    page.write('#prompt', 'fold the towel')
    page.click('#set')
    page.until("document.querySelector('#why').textContent.includes('prompt set')")
    assert robot.prompts == ['fold the towel']
    assert page.run("document.querySelector('#prompt').value") == 'fold the towel'


@pytest.mark.parametrize('width', [400, 1280])
def test_nothing_is_wider_than_the_window(opened, width):
    page, made, robot = opened
    robot.ask(made, 'w' * 200, front=scene(1), wrist=scene(2))
    page.until("document.querySelectorAll('#cameras img').length === 2")
    page.look(width)
    assert page.run('document.documentElement.scrollWidth') <= width
    page.run(TAB.format('Try it') + '.click()')
    assert page.run('document.documentElement.scrollWidth') <= width


def test_a_clients_session_is_watched_but_brings_its_own_prompt(opened):
    page, made, _ = opened
    with connected(made) as client:
        images = {name: scene(1).tolist() for name in ('front', 'wrist')}
        ask(client, {'images': images, 'state': [1, 2], 'high_level_prompt': '<b>tidy</b>'})
        page.until('!!' + TAB.format('client 1'))
        page.run(TAB.format('client 1') + '.click()')
        page.until("document.querySelector('#prompt').value === '<b>tidy</b>'")
        assert page.text('#subtask') == 'step 1 of <b>tidy</b>'
        assert page.run("document.querySelector('#prompt').disabled")
        assert 'A client sends its own prompt' in page.text('#why')


def test_a_visitor_tries_the_policy_with_pictures_and_a_webcam(opened, tmp_path):
    page, _, _ = opened
    page.run(TAB.format('Try it') + '.click()')
    page.click('#ask')
    page.until("!document.querySelector('#error').hidden")
    assert "needs 'front'" in page.text('#error')
    Image.fromarray(scene(3)).save(tmp_path / 'front.png')
    page.choose('input[name=front]', tmp_path / 'front.png')
    page.until("document.querySelectorAll('#pickers button').length > 1")
    page.run("document.querySelectorAll('#pickers button')[1].click()")
    page.until("document.querySelectorAll('.pick.full').length === 2")
    page.write('#try-prompt', 'pick up the cup')
    page.write('#state', '1, 2')
    page.click('#renew')
    page.click('#ask')
    page.until("document.querySelector('#asked').textContent.startsWith('answered')")
    assert page.text('#subtask') == 'step 1 of pick up the cup'
    assert page.run("document.querySelectorAll('#plots svg').length") == 3
    assert page.run("document.querySelector('#error').hidden")


def test_without_the_token_the_page_asks_for_it(tmp_path):
    with gateway(token='secret') as made, browser(tmp_path) as page:
        page.call('Page.navigate', url=f'http://127.0.0.1:{made.port}/demo')
        page.until("!document.querySelector('#door')?.hidden && "
                   "document.querySelector('#link')?.textContent.includes('token')")
        page.write('#token', 'secret')
        page.click('#door button')
        page.until("document.querySelector('#link').textContent === 'live'")
