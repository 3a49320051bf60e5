"""The example of docs/policies.md conforms."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from policy_node import policy as names
from policy_node.conformance import PolicyConformance

PAGE = (Path(__file__).parents[1] / 'docs' / 'policies.md').read_text()
SCOPE = {**vars(names), 'np': np, '__name__': __name__}
for block in re.findall(r'```python\n(.*?)```', PAGE, re.DOTALL):
    exec(block, SCOPE)
Wave = SCOPE['Wave']


class TestWave(SCOPE['TestWave']):
    def config(self):
        return replace(super().config(), policy='test_policies_page:Wave')


def test_example_of_the_page_is_a_conformance_test():
    assert issubclass(SCOPE['TestWave'], PolicyConformance)
