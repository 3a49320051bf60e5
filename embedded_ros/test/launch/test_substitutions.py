import os

import pytest
from launch import LaunchContext
from launch.substitutions import (
    AllSubstitution,
    AndSubstitution,
    AnonName,
    AnySubstitution,
    Command,
    EnvironmentVariable,
    EqualsSubstitution,
    FileContent,
    FindExecutable,
    IfElseSubstitution,
    LaunchConfiguration,
    LocalSubstitution,
    NotEqualsSubstitution,
    NotSubstitution,
    OrSubstitution,
    PathJoinSubstitution,
    PythonExpression,
    SubstitutionFailure,
    TextSubstitution,
    ThisLaunchFile,
    ThisLaunchFileDir,
)


@pytest.fixture
def context():
    context = LaunchContext()
    context.launch_configurations['robot'] = 'so101'
    return context


def test_launch_configuration_is_looked_up_by_a_name_that_may_be_substituted(context):
    context.launch_configurations['which'] = 'robot'
    assert LaunchConfiguration('robot').perform(context) == 'so101'
    assert LaunchConfiguration([LaunchConfiguration('which')]).perform(context) == 'so101'


@pytest.mark.parametrize(
    ('default', 'text'), [('x', 'x'), (5, '5'), (True, 'True'), ([1, 'a'], '1a')]
)
def test_default_of_a_launch_configuration_becomes_text(context, default, text):
    assert LaunchConfiguration('none', default=default).perform(context) == text


def test_launch_configuration_that_is_not_set(context):
    with pytest.raises(SubstitutionFailure, match="launch configuration 'none' does not exist"):
        LaunchConfiguration('none').perform(context)


def test_path_join_joins_parts_that_may_be_lists(context):
    path = PathJoinSubstitution(['config', [LaunchConfiguration('robot'), '.yaml']])
    assert path.perform(context) == os.path.join('config', 'so101.yaml')
    assert PathJoinSubstitution('single').perform(context) == 'single'


def test_environment_variable_that_is_not_set(context):
    with pytest.raises(SubstitutionFailure, match="'NO_ROBOT' does not exist"):
        EnvironmentVariable('NO_ROBOT').perform(context)


@pytest.mark.parametrize(
    ('expression', 'modules', 'text'),
    [
        (['1 + ', TextSubstitution(text='2')], ['math'], '3'),
        ('ceil(pi)', ['math'], '4'),
        ("json.dumps('a')", ['json'], '"a"'),
        ("'", ['math'], None),
    ],
)
def test_python_expression(context, expression, modules, text):
    substitution = PythonExpression(expression, modules)
    if text is None:
        with pytest.raises(SyntaxError):
            substitution.perform(context)
    else:
        assert substitution.perform(context) == text


@pytest.mark.parametrize(
    ('substitution', 'text'),
    [
        (NotSubstitution('true'), 'false'),
        (NotSubstitution('0'), 'true'),
        (AndSubstitution('true', 'false'), 'false'),
        (AndSubstitution('1', 'True'), 'true'),
        (OrSubstitution('false', '1'), 'true'),
        (OrSubstitution('false', '0'), 'false'),
        (AnySubstitution('false', 'true', 'false'), 'true'),
        (AnySubstitution(), 'false'),
        (AllSubstitution('true', '1'), 'true'),
        (AllSubstitution('true', '0'), 'false'),
        (IfElseSubstitution('true', 'a', 'b'), 'a'),
        (IfElseSubstitution('false', 'a', 'b'), 'b'),
        (IfElseSubstitution('false', if_value='a'), ''),
    ],
)
def test_truth_values(context, substitution, text):
    assert substitution.perform(context) == text


def test_text_that_is_no_truth_value(context):
    with pytest.raises(SubstitutionFailure):
        NotSubstitution('maybe').perform(context)
    with pytest.raises(RuntimeError, match='must be specified'):
        IfElseSubstitution('true')


@pytest.mark.parametrize(
    ('left', 'right', 'equal'),
    [
        ('a', 'a', True),
        ('a', 'A', False),
        ('1', 'true', True),
        ('True', 'true', True),
        (True, 'true', True),
        (None, '', True),
        ('1.0', 1, True),
        ('0.30000000000000004', 0.3, True),
        ('1', '2', False),
        (LaunchConfiguration('robot'), 'so101', True),
    ],
)
def test_equality_is_of_truth_values_then_of_numbers_then_of_texts(context, left, right, equal):
    assert EqualsSubstitution(left, right).perform(context) == str(equal).lower()
    assert NotEqualsSubstitution(left, right).perform(context) == str(not equal).lower()


def test_command_gives_what_it_writes(context):
    assert Command(['echo ', "'a b'"]).perform(context) == 'a b\n'


def test_command_that_fails_tells_why(context):
    with pytest.raises(SubstitutionFailure, match='no reason'):
        Command("sh -c 'echo no reason >&2; exit 1'").perform(context)
    with pytest.raises(SubstitutionFailure, match='file not found'):
        Command('no_such_command').perform(context)


def test_command_may_write_errors_if_that_is_allowed(context):
    command = "sh -c 'echo out; echo err >&2'"
    with pytest.raises(SubstitutionFailure, match='showed stderr'):
        Command(command).perform(context)
    assert Command(command, on_stderr='ignore').perform(context) == 'out\n'
    assert Command(command, on_stderr='capture').perform(context) == 'out\nerr\n'
    with pytest.raises(SubstitutionFailure, match='on_stderr'):
        Command(command, on_stderr='shout').perform(context)


def test_programs_and_files(context, tmp_path):
    (tmp_path / 'robot.urdf').write_text('<robot/>')
    assert FindExecutable(name='sh').perform(context).endswith('/sh')
    assert FileContent(str(tmp_path / 'robot.urdf')).perform(context) == '<robot/>'
    with pytest.raises(SubstitutionFailure, match='not found on the PATH'):
        FindExecutable(name='no_such_command').perform(context)
    with pytest.raises(SubstitutionFailure, match='File not found'):
        FileContent(str(tmp_path / 'none')).perform(context)


def test_location_of_the_launch_file_is_known_inside_of_one(context):
    with pytest.raises(SubstitutionFailure, match='outside of a launch file'):
        ThisLaunchFileDir().perform(context)
    context.extend_locals(
        {'current_launch_file_path': '/a/b.launch.py', 'current_launch_file_directory': '/a'}
    )
    assert ThisLaunchFile().perform(context) == '/a/b.launch.py'
    assert ThisLaunchFileDir().perform(context) == '/a'


def test_local_substitution_sees_the_locals(context):
    context.extend_locals({'event': {'reason': 'done'}})
    assert LocalSubstitution("event['reason']").perform(context) == 'done'
    assert LocalSubstitution('event.__len__()').perform(context) == '1'


def test_anonymous_name_is_the_same_for_the_same_base(context):
    first = AnonName('arm').perform(context)
    assert first.startswith('arm_') and not set('.:-') & set(first)
    assert AnonName('arm').perform(context) == first
    assert AnonName('hand').perform(context) != first


def test_only_text_and_substitutions_are_taken():
    with pytest.raises(TypeError, match='Failed to normalize'):
        LaunchConfiguration(['a', 1])
    with pytest.raises(TypeError, match='expected Text'):
        TextSubstitution(text=1)
