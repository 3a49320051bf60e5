import pytest
from launch import LaunchContext
from launch.substitutions import LaunchConfiguration, TextSubstitution
from launch.utilities.type_utils import normalize_typed_substitution, perform_typed_substitution


def evaluate(value, data_type):
    context = LaunchContext()
    context.launch_configurations['rate'] = '30'
    normalized = normalize_typed_substitution(value, data_type)
    return perform_typed_substitution(context, normalized, data_type)


@pytest.mark.parametrize(
    ('value', 'data_type', 'result'),
    [
        (3, int, 3),
        (LaunchConfiguration('rate'), int, 30),
        (LaunchConfiguration('rate'), float, 30.0),
        (LaunchConfiguration('rate'), str, '30'),
        (LaunchConfiguration('rate'), None, 30),
        (['1', LaunchConfiguration('rate')], int, 130),
        (TextSubstitution(text='1'), bool, True),
        (TextSubstitution(text='[a, b]'), list[str], ['a', 'b']),
        ([1, 2.5], list[float], [1.0, 2.5]),
        ([1, 2], list[float], [1.0, 2.0]),
        (['a', 'b'], list[str], ['a', 'b']),
        ([1, [LaunchConfiguration('rate')]], list[int], [1, 30]),
        ([], list[int], []),
    ],
)
def test_value_comes_out_with_its_type(value, data_type, result):
    evaluated = evaluate(value, data_type)
    assert evaluated == result and type(evaluated) is type(result)


@pytest.mark.parametrize(
    ('value', 'data_type', 'error'),
    [
        ('a', int, TypeError),
        ([1, 'a'], None, TypeError),
        ([1, 2], int, TypeError),
        (object(), int, TypeError),
        (1, complex, ValueError),
        (TextSubstitution(text='a'), int, ValueError),
        (TextSubstitution(text='{a: 1}'), None, ValueError),
        (TextSubstitution(text='[1, a]'), list[int], ValueError),
        (TextSubstitution(text='maybe'), bool, ValueError),
    ],
)
def test_value_of_another_type_is_refused(value, data_type, error):
    with pytest.raises(error):
        evaluate(value, data_type)
