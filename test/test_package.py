"""What colcon and pip read is true: package.xml, CMakeLists.txt, setup.cfg, launch files."""

import ast
import re
from configparser import ConfigParser
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from catkin_pkg.package import parse_package

from segue_core.plugins import load_plugin

ROOT = Path(__file__).parents[1]
CMAKE = re.sub(r'#.*', '', (ROOT / 'CMakeLists.txt').read_text())
PYTHON_PACKAGES = ('segue_core', 'policy_node', 'robot_bridge', 'segue_evaluation',
                   'segue_recording')
SOURCES = [p for folder in (*PYTHON_PACKAGES, 'launch') for p in (ROOT / folder).rglob('*.py')]
# What package.xml calls packages that are not of ROS.
SYSTEM = {'numpy': 'python3-numpy', 'scipy': 'python3-scipy', 'matplotlib': 'python3-matplotlib',
          'PIL': 'python3-pil', 'cv2': 'python3-opencv', 'serial': 'python3-serial'}


def is_of_ros(name):
    return name.endswith(('_msgs', '_srvs', '_interfaces', '_py', '_python')) or name in (
        'rclpy', 'launch', 'launch_ros', 'cv_bridge', 'message_filters', 'tf2_ros')


def imported_packages():
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition('.')[0])
            elif isinstance(node, ast.Import):
                found |= {alias.name.partition('.')[0] for alias in node.names}
    return found


def cmake_calls(command):
    """The words of each call of a command."""
    return [words.split() for words in re.findall(rf'\b{command}\(([^()]*)\)', CMAKE)]


def entry_points():
    config = ConfigParser()
    config.optionxform = str
    config.read(ROOT / 'setup.cfg')
    return [EntryPoint(*map(str.strip, line.split('=', 1)), group)
            for group, lines in config['options.entry_points'].items()
            for line in lines.split('\n') if line]


@pytest.fixture(scope='module')
def package():
    warnings = []
    found = parse_package(ROOT, warnings=warnings)
    assert warnings == []
    return found


def test_package_xml_is_valid_and_of_the_build_type_of_cmake(package):
    package.validate()
    assert package.name == re.search(r'project\((\w+)\)', CMAKE)[1]
    assert package.get_build_type() == 'ament_cmake'


def test_every_imported_package_is_a_run_dependency(package):
    imported = imported_packages()
    needed = {name for name in imported if is_of_ros(name)}
    needed |= {SYSTEM[name] for name in imported & set(SYSTEM)}
    assert {'rclpy', 'launch_ros', 'python3-numpy'} <= needed
    assert needed <= {dependency.name for dependency in package.exec_depends}


def test_every_dependency_of_packages_with_messages_is_imported_or_built_upon(package):
    declared = {each.name for each in package.exec_depends if is_of_ros(each.name)}
    interfaces = set(cmake_calls('rosidl_generate_interfaces')[0])
    assert declared - imported_packages() - interfaces == set()


def test_everything_that_cmake_looks_for_is_declared(package):
    declared = {each.name for each in
                (*package.buildtool_depends, *package.build_depends, *package.test_depends)}
    assert {words[0] for words in cmake_calls('find_package')} <= declared


def test_cmake_builds_exactly_the_interface_files():
    ((_, *words),) = cmake_calls('rosidl_generate_interfaces')
    listed = words[:words.index('DEPENDENCIES')]
    files = [*ROOT.glob('msg/*'), *ROOT.glob('srv/*')]
    assert sorted(listed) == sorted(f'{file.parent.name}/{file.name}' for file in files)


def test_interfaces_use_only_the_packages_that_cmake_names():
    ((_, *words),) = cmake_calls('rosidl_generate_interfaces')
    text = '\n'.join(file.read_text() for folder in ('msg', 'srv') for file in
                     (ROOT / folder).iterdir())
    used = set(re.findall(r'^(\w+)/\w+', text, re.MULTILINE))
    assert used == set(words[words.index('DEPENDENCIES') + 1:])


def test_everything_that_is_installed_exists():
    folders = [word for words in cmake_calls('install') if words[0] == 'DIRECTORY'
               for word in words[1:words.index('DESTINATION')]]
    assert {'launch', 'config', 'rviz', 'urdf', 'checkpoints'} == set(folders)
    assert all(any((ROOT / folder).iterdir()) for folder in folders)
    modules = [words[0] for words in cmake_calls('ament_python_install_package')]
    assert sorted(modules) == sorted(PYTHON_PACKAGES)
    assert all((ROOT / module / '__init__.py').is_file() for module in modules)


def test_pip_installs_the_folders_that_cmake_installs():
    setup = (ROOT / 'setup.py').read_text()
    data_files = re.search(r"for folder in (\(.*?\))", setup, re.DOTALL)[1]
    assert set(ast.literal_eval(data_files)) == {
        'msg', 'srv', 'launch', 'config', 'rviz', 'urdf',
        *(f'checkpoints/{folder.name}' for folder in (ROOT / 'checkpoints').iterdir())}


def test_pip_installs_every_file_of_the_packages_that_is_no_module():
    text = re.search(r'package_data=(\{.*?\})', (ROOT / 'setup.py').read_text(), re.DOTALL)[1]
    named = {ROOT.joinpath(*package.split('.'), name)
             for package, names in ast.literal_eval(text).items() for name in names}
    files = {path for package in PYTHON_PACKAGES for path in (ROOT / package).rglob('*')
             if path.is_file() and path.suffix not in ('.py', '.pyc')}
    assert files and named == files


@pytest.mark.parametrize('point', entry_points(), ids=lambda p: f'{p.group}-{p.name}')
def test_entry_point_resolves(point):
    if point.group == 'console_scripts':
        assert callable(point.load())
    else:
        assert load_plugin(point.group, point.name) is point.load()


def test_every_executable_of_a_launch_file_is_a_console_script():
    scripts = {point.name for point in entry_points() if point.group == 'console_scripts'}
    started = {keyword.value.value for path in ROOT.glob('launch/*.py')
               for keyword in ast.walk(ast.parse(path.read_text()))
               if isinstance(keyword, ast.keyword) and keyword.arg == 'executable'}
    assert started and started <= scripts


def test_all_files_tell_the_same_version(package):
    setup = re.search(r"version='(.*?)'", (ROOT / 'setup.py').read_text())[1]
    embedded = re.search(r'^version = "(.*?)"', (ROOT / 'embedded_ros/pyproject.toml').read_text(),
                         re.MULTILINE)[1]
    released = re.findall(r'^## \[(\d.*?)\]', (ROOT / 'CHANGELOG.md').read_text(), re.MULTILINE)
    # Before the first release the changelog has none.
    assert {setup, embedded, *released[:1]} == {package.version}
