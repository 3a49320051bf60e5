"""A Ray of its own on loopback, as a program: deploys each Serve configuration that comes on stdin.

Run alone it is that program; `Cluster` starts it and talks to it.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

from remote_helpers import free_port

TEST = Path(__file__).parent
ATTEMPTS = 6
"""Ray waits 30 s for its own agent, which is too short for a machine that is busy otherwise."""
PATIENCE = {'RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S': '60'}
BUILDER = 'policy_node.policies.ray.app:build'


class Cluster:
    """Ray, Serve and its proxy, started."""

    def __init__(self, log):
        self.port, self.log = free_port(), log
        self.environment = os.environ | {
            'PYTHONPATH': str(TEST), 'RAY_AUTH_MODE': 'token', 'RAY_AUTH_TOKEN': uuid4().hex,
            'OMP_NUM_THREADS': '1', **PATIENCE}
        self._applications = {}
        for attempt in reversed(range(ATTEMPTS)):
            try:
                self._start()
                return
            except RuntimeError:
                self.close()
                if not attempt:
                    raise

    def _start(self):
        with self.log.open('w') as errors:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(self.port)], text=True, env=self.environment,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                start_new_session=True)
        self.address = self._answer()

    def url(self, name):
        return f'http://127.0.0.1:{self.port}/{name}'

    def deploy(self, name, arguments, **options):
        """Deploy or change an application, and wait until it runs.

        Args:
            arguments: Of `build`.
            options: Of its deployment, as in a Serve configuration.
        """
        self.begin(name, arguments, **options)
        return self._answer()

    def begin(self, name, arguments, **options):
        """Deploy without waiting; `end` waits."""
        self._applications[name] = {
            'name': name, 'route_prefix': f'/{name}', 'import_path': BUILDER,
            'args': {'num_cpus': 0.01, **arguments},
            'deployments': [{'name': 'policy', **options}]}
        self._say({'applications': list(self._applications.values())})

    def end(self):
        return self._answer()

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.terminate()       # its Ray ends with it
            self._process.wait(60)
        self._process.stdout.close()

    def _say(self, message):
        self._process.stdin.write(json.dumps(message) + '\n')
        self._process.stdin.flush()

    def _answer(self):
        for line in self._process.stdout:
            if line.startswith('{'):
                return json.loads(line)['answer']
        raise RuntimeError(f'Ray ended: {self.log.read_text()[-3000:]}')


def main():
    from policy_node.policies.ray.cli import start
    start('', '127.0.0.1', int(sys.argv[1]))
    import ray
    from ray import serve
    from ray.serve.context import _get_global_client
    from ray.serve.schema import ServeDeploySchema
    print(json.dumps({'answer': ray.get_runtime_context().gcs_address}), flush=True)
    for line in sys.stdin:
        config = ServeDeploySchema.model_validate(json.loads(line))
        _get_global_client().deploy_apps(config)
        print(json.dumps({'answer': settled(serve, config)}), flush=True)
    serve.shutdown()


def settled(serve, config):
    """What became of the applications, once that is known: state by name."""
    while os.getppid() != 1:        # else the tests were killed
        found = serve.status().applications
        states = {a.name: str(getattr(found.get(a.name), 'status', ''))
                  for a in config.applications}
        deployments = [d.status for a in found.values() for d in a.deployments.values()]
        if 'DEPLOYING' not in ''.join(states.values()) and all(states.values()) \
                and 'UPDATING' not in [str(each) for each in deployments]:
            return {name: state.rpartition('.')[2] for name, state in states.items()}
        time.sleep(0.1)
    raise SystemExit('the tests have ended')


if __name__ == '__main__':
    main()
