from types import SimpleNamespace

import pytest

from rclpy.impl.service_wire import ids


def announcing(*user_data):
    """Endpoints that have the given USER_DATA."""
    return [SimpleNamespace(user_data=text) for text in user_data]


@pytest.mark.parametrize('id_', ['1.10.69.4b', ' 1.10.69.4b'], ids=['ours', 'rmw_cyclonedds'])
@pytest.mark.parametrize('key', ['serviceid', 'clientid'])
def test_ids_are_found_with_and_without_padding(key, id_):
    assert ids(announcing(f'{key}={id_};typehash=RIHS01_a;')) == {'1.10.69.4b'}


def test_endpoints_without_an_id_have_none():
    assert ids(announcing('', 'typehash=RIHS01_a;')) == set()
