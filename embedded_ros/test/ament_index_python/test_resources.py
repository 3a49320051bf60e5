import pytest

from ament_index_python import (
    get_resource,
    get_resource_types,
    get_resources,
    get_search_paths,
    has_resource,
)


@pytest.fixture
def prefixes(tmp_path, monkeypatch):
    """Two prefixes; both have the resource `shared`, each has one of its own."""
    roots = []
    for name in ('first', 'second'):
        index = tmp_path / name / 'share/ament_index/resource_index/plugin'
        index.mkdir(parents=True)
        (index / 'shared').write_text(f'from {name}')
        (index / name).write_text('')
        (index / '.hidden').write_text('')
        roots.append(str(tmp_path / name))
    monkeypatch.setenv('AMENT_PREFIX_PATH', ':'.join([roots[0], '', '/no/such/prefix', roots[1]]))
    return roots


def test_search_paths_are_those_that_exist(prefixes):
    assert get_search_paths() == prefixes


def test_without_the_variable_nothing_is_searched(monkeypatch):
    monkeypatch.delenv('AMENT_PREFIX_PATH', raising=False)
    assert get_search_paths() == []
    assert get_resources('plugin') == {}


def test_first_prefix_wins(prefixes):
    first, second = prefixes
    assert get_resource('plugin', 'shared') == ('from first', first)
    assert get_resources('plugin') == {'shared': first, 'first': first, 'second': second}
    assert get_resource_types() == {'plugin'}


def test_resource_that_does_not_exist(prefixes):
    assert has_resource('plugin', 'none') is False
    with pytest.raises(LookupError, match="'none' of type 'plugin'"):
        get_resource('plugin', 'none')


@pytest.mark.parametrize('name', ['', 'a/b', 'a\\b'])
def test_names_are_plain_file_names(name):
    with pytest.raises(ValueError, match='plain file name'):
        get_resource('plugin', name)
    with pytest.raises(ValueError, match='plain file name'):
        get_resource(name, 'shared')
