from types import SimpleNamespace

import pytest

from rclpy.impl.service_wire import is_service_ready


def matching(*user_data):
    """An endpoint that matches others with the given USER_DATA."""
    others = [SimpleNamespace(user_data=text) for text in user_data]
    return SimpleNamespace(matched_endpoints=lambda: others)


@pytest.mark.parametrize('id_', ['1.10.69.4b', ' 1.10.69.4b'], ids=['ours', 'rmw_cyclonedds'])
def test_a_service_is_ready_when_both_its_endpoints_match(id_):
    request, reply = f'serviceid={id_};typehash=RIHS01_a;', f'serviceid={id_};typehash=RIHS01_b;'
    assert is_service_ready(matching(request), matching(reply))
    assert not is_service_ready(matching(request), matching())
    assert not is_service_ready(matching(request), matching('serviceid=2.10;'))
