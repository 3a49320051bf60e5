"""A headless Chromium, driven over its DevTools protocol.

Install one with ``apt-get install chromium``; ``SEGUE_CHROMIUM`` names another executable.
"""

import base64
import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from graph import wait_for
from websockets.sync.client import connect

NAMES = (os.environ.get('SEGUE_CHROMIUM', ''), 'chromium', 'chromium-browser', 'google-chrome')
CHROMIUM = next((found for name in NAMES if name and (found := shutil.which(name))), None)
OPTIONS = ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
           '--no-first-run', '--disable-background-networking', '--hide-scrollbars',
           '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
           '--remote-debugging-port=0', 'about:blank')


class Page:
    """One tab.

    Args:
        ws: To its DevTools.

    Attributes:
        problems: Warnings and errors of its console, and its exceptions.
    """

    def __init__(self, ws):
        self._ws, self._number, self.problems = ws, 0, []
        for domain in ('Page', 'Runtime', 'DOM', 'Log'):
            self.call(f'{domain}.enable')

    def call(self, method, **params):
        """Call a method of DevTools; what it answers."""
        self._number += 1
        self._ws.send(json.dumps({'id': self._number, 'method': method, 'params': params}))
        while True:
            message = json.loads(self._ws.recv(timeout=60))
            told = message.get('params', {})
            if message.get('method') == 'Runtime.exceptionThrown' or \
                    told.get('entry', {}).get('level') in ('warning', 'error'):
                self.problems.append(told)
            if message.get('id') == self._number:
                assert 'error' not in message, (method, message['error'])
                return message['result']

    def run(self, script):
        """Value of a JavaScript expression."""
        answer = self.call('Runtime.evaluate', expression=script, returnByValue=True,
                           awaitPromise=True)
        assert 'exceptionDetails' not in answer, answer
        return answer['result'].get('value')

    def until(self, script):
        """Wait for an expression to be true."""
        return wait_for(lambda: self.run(script), 30, f'{script}; {self.problems}')

    def text(self, selector):
        """What people read there."""
        return self.run(f'document.querySelector({json.dumps(selector)}).innerText')

    def click(self, selector):
        """Click it."""
        self.run(f'document.querySelector({json.dumps(selector)}).click()')

    def write(self, selector, text):
        """Type text into a field, in place of what is there."""
        self.run(f'document.querySelector({json.dumps(selector)}).select()')
        self.run(f'document.querySelector({json.dumps(selector)}).focus()')
        self.call('Input.insertText', text=text)

    def choose(self, selector, file):
        """Choose a file."""
        root = self.call('DOM.getDocument')['root']['nodeId']
        node = self.call('DOM.querySelector', nodeId=root, selector=selector)['nodeId']
        self.call('DOM.setFileInputFiles', files=[str(file)], nodeId=node)

    def look(self, width, dark=False, file=None):
        """Have a window of a width [px], in the dark or not; keep a picture of the page."""
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=900,
                  deviceScaleFactor=1, mobile=False)
        self.call('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        if file:
            shot = self.call('Page.captureScreenshot', captureBeyondViewport=True)
            Path(file).write_bytes(base64.b64decode(shot['data']))


@contextmanager
def browser(folder):
    """A `Page` of a browser whose files lie in a folder."""
    with (folder / 'chromium.log').open('wb') as log:
        process = subprocess.Popen([CHROMIUM, f'--user-data-dir={folder / "profile"}', *OPTIONS],
                                   stdout=log, stderr=log, start_new_session=True)
    try:
        found = folder / 'profile' / 'DevToolsActivePort'
        port = wait_for(lambda: found.exists() and found.read_text().partition('\n')[0], 60,
                        'Chromium to open its port')
        with connect(_tab(port), proxy=None, max_size=None) as ws:
            yield Page(ws)
    finally:
        process.terminate()
        process.wait(30)


def _tab(port):
    """Address of the first tab."""
    opener = build_opener(ProxyHandler({}))

    def find():
        with opener.open(f'http://127.0.0.1:{port}/json/list', timeout=20) as answer:
            return [t['webSocketDebuggerUrl'] for t in json.load(answer) if t['type'] == 'page']

    return wait_for(find, 30, 'a tab')[0]
