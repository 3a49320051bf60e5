import json

import pytest


@pytest.fixture
def user_package(tmp_path):
    """An installed package `thing_msgs` with a message and a service, in a prefix."""
    share = tmp_path / 'share' / 'thing_msgs'
    (share / 'msg').mkdir(parents=True)
    (share / 'srv').mkdir()
    (share / 'msg' / 'Part.msg').write_text('uint8 LEFT=1\nstring<=4 name x\nfloat32[2] size\n')
    (share / 'msg' / 'Thing.msg').write_text('std_msgs/Header header\nPart[] parts\n')
    (share / 'msg' / 'Broken.msg').write_text('int32\n')
    (share / 'srv' / 'Build.srv').write_text('Part part\n---\nbool done\n')
    marker = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages'
    marker.mkdir(parents=True)
    (marker / 'thing_msgs').touch()
    return {'AMENT_PREFIX_PATH': str(tmp_path)}


def test_standard_packages_can_be_imported(run_python):
    program = run_python("""
        import importlib
        import std_msgs.msg
        from sensor_msgs.msg import Image
        from std_srvs.srv import SetBool
        assert importlib.import_module('std_msgs.msg').String is std_msgs.msg.String
        assert 'JointState' in dir(importlib.import_module('sensor_msgs.msg'))
        print(Image.__name__, SetBool.Request.__name__, std_msgs.msg.__spec__.origin)
    """)
    assert program.read_line() == 'Image SetBool_Request embedded_ros'
    assert program.wait() == 0


def test_a_package_of_the_user_is_found_by_its_files(run_python, user_package):
    program = run_python(
        """
        from thing_msgs.msg import Part, Thing
        from thing_msgs.srv import Build
        thing = Thing(parts=[Part(size=[1, 2])])
        print(thing.parts[0].name, Part.LEFT, Build.Request().part == Part())
        try:
            Part(name='12345')
        except AssertionError as error:
            print(error)
        try:
            from thing_msgs.msg import Broken
        except ValueError as error:
            print(error)
        """,
        env=user_package,
    )
    assert program.read_line() == 'x 1 True'
    assert program.read_line() == "The 'name' field must be string<4>, got str '12345'"
    assert program.read_line() == "thing_msgs/msg/Broken line 1: 'int32': '' is not a name"
    assert program.wait() == 0


@pytest.mark.parametrize(
    ('statement', 'message'),
    [
        (
            'from std_msgs.msg import Strin',
            "module 'std_msgs.msg' has no attribute 'Strin'; did you mean 'String'?",
        ),
        (
            'import std_msgs.msg; std_msgs.msg.Strin',
            "module 'std_msgs.msg' has no attribute 'Strin'; did you mean 'String'?",
        ),
        ('import no_such_msgs.msg', "No module named 'no_such_msgs'"),
        ('import std_msgs.srv', "No module named 'std_msgs.srv'"),
    ],
)
def test_an_unknown_name_is_an_ordinary_import_error_with_a_hint(run_python, statement, message):
    program = run_python(
        f"""
        try:
            {statement}
        except (ImportError, AttributeError) as error:
            print(type(error).__name__, error)
        """
    )
    kind, _, text = program.read_line().partition(' ')
    assert kind == ('AttributeError' if ';' in statement else 'ImportError') or 'No module' in text
    assert text == message


def test_looking_for_an_attribute_is_no_import_error():
    import std_msgs.msg

    assert not hasattr(std_msgs.msg, 'Strin')


def test_a_real_package_of_the_same_name_wins(run_python, tmp_path):
    (tmp_path / 'std_msgs').mkdir()
    (tmp_path / 'std_msgs' / '__init__.py').write_text('REAL = True\n')
    program = run_python('import std_msgs; print(std_msgs.REAL)', env={'PYTHONPATH': str(tmp_path)})
    assert program.read_line() == 'True'


def test_an_interpreter_start_and_a_failing_import_load_no_machinery(run_python):
    program = run_python("""
        import json, sys
        at_start = sorted(sys.modules)
        try:
            import no_such_module_at_all
        except ImportError:
            pass
        print(json.dumps([at_start, sorted(sys.modules)]))
    """)
    at_start, after = json.loads(program.read_line())
    assert 'embedded_ros.import_hook' in at_start
    assert 'ament_index_python' not in at_start
    assert not {'numpy', 'rosbags', 'cyclonedds', 'embedded_ros.interfaces'} & set(after)


def test_the_list_of_bundled_packages_is_complete():
    from embedded_ros.import_hook import BUNDLED_PACKAGES
    from embedded_ros.interfaces.database import bundled_packages

    assert sorted(BUNDLED_PACKAGES) == bundled_packages()
