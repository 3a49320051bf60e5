"""Plug-ins: whatever is wrong with one is told in one line."""

import pytest

from segue_core.plugins import PluginError, load_plugin

GROUP = 'segue.drivers'


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Makes a module of the given text and returns its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(text):
        (tmp_path / f'{tmp_path.name}.py').write_text(text)
        return tmp_path.name
    return make


@pytest.mark.parametrize(('text', 'reason'), [
    ('raise RuntimeError("no licence:\\ncall the vendor")',
     'RuntimeError: no licence: call the vendor'),
    ('raise KeyError("HOME_OF_ROBOT")', "KeyError: 'HOME_OF_ROBOT'"),
    ('def create(:', 'SyntaxError: invalid syntax'),
    ('import nowhere', "No module named 'nowhere'"),
])
def test_module_that_cannot_be_imported_is_one_line_with_the_reason(module, text, reason):
    with pytest.raises(PluginError) as refused:
        load_plugin(GROUP, f'{module(text)}:Robot')
    assert f'cannot be imported: {reason}' in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize('name', [':', ':Robot', '.relative:Robot', 'os:nothing'])
def test_name_that_is_no_module_is_refused(name):
    with pytest.raises(PluginError, match='cannot be imported'):
        load_plugin(GROUP, name)


@pytest.mark.parametrize(('text', 'missing'), [
    ('', 'Params'), ('class Params: pass', 'create'), ('class Params: pass\ncreate = 3', 'create')])
def test_plugin_of_the_wrong_kind_is_refused_with_what_it_lacks(module, text, missing):
    with pytest.raises(PluginError, match=f'must have Params and create; {missing} is missing'):
        load_plugin(GROUP, f'{module(text)}:', needs=('Params', 'create'))


def test_plugin_with_what_is_needed_is_given_back(module):
    name = module('class Params: pass\ncreate = Params')
    loaded = load_plugin(GROUP, f'{name}:', needs=('Params', 'create'))
    assert loaded.create is loaded.Params
