import pytest

from embedded_ros import yaml_text


@pytest.mark.parametrize('load', [yaml_text.load, yaml_text.load_parameters])
def test_keys_stay_text(load):
    names = ['x', 'y', 'n', 'on', 'off', 'yes', 'no', 'true', '1', '1.5', '~']
    assert load('\n'.join(f'{name}: text' for name in names)) == dict.fromkeys(names, 'text')
    assert load('a: {y: {on: text}}') == {'a': {'y': {'on': 'text'}}}


def test_values_of_parameters_follow_other_rules_than_those_of_messages():
    assert yaml_text.load('[y, on, 1e3]') == ['y', True, '1e3']
    assert yaml_text.load_parameters('[y, on, 1e3]') == [True, True, 1000.0]


def test_a_parameter_that_64_bits_cannot_hold_is_a_float():
    text = '[9223372036854775807, 9223372036854775808, -9223372036854775809]'
    assert [type(each) for each in yaml_text.load_parameters(text)] == [int, float, float]
    assert yaml_text.load('18446744073709551615') == 2**64 - 1


@pytest.mark.parametrize(
    'value', ['y', 'on', 'N', '1e3', '0x1F', '.inf', 'nan', '', '~', 'text', True, 1, 1.0, 1e20]
)
@pytest.mark.parametrize('load', [yaml_text.load, yaml_text.load_parameters])
def test_what_is_written_is_read_back(load, value):
    content = {'y': {'on': value, 'list': [value]}}
    loaded = load(yaml_text.dump_parameters(content))
    assert loaded == content
    assert type(loaded['y']['on']) is type(value)
