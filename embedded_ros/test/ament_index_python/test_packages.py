import json

import pytest

from ament_index_python import (
    PackageNotFoundError,
    distributions,
    get_package_prefix,
    get_package_share_directory,
    get_package_share_path,
    get_packages_with_prefixes,
)


@pytest.fixture
def prefix(tmp_path, monkeypatch):
    """An ament prefix with the package `arm`."""
    root = tmp_path / 'prefix'
    (root / 'share/ament_index/resource_index/packages').mkdir(parents=True)
    (root / 'share/ament_index/resource_index/packages/arm').write_text('')
    (root / 'share/arm').mkdir()
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(root))
    return root


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of Python distributions on sys.path."""
    folder = tmp_path / 'site'
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def install(site, name, *, project=None):
    """Write the metadata that pip writes for a distribution."""
    info = site / f'{name.replace("-", "_")}-1.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text(f'Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n')
    (info / 'RECORD').write_text('')
    if project is not None:
        origin = {'url': project.as_uri(), 'dir_info': {'editable': True}}
        (info / 'direct_url.json').write_text(json.dumps(origin))


def project(tmp_path, name):
    folder = tmp_path / 'a project'
    folder.mkdir()
    (folder / 'package.xml').write_text(f'<package><name>{name}</name></package>')
    return folder


def test_package_of_a_prefix_has_its_share_directory_there(prefix):
    assert get_package_prefix('arm') == str(prefix)
    assert get_package_share_directory('arm') == str(prefix / 'share/arm')
    assert get_package_share_path('arm') == prefix / 'share/arm'


def test_missing_share_directory_is_warned_of(prefix):
    (prefix / 'share/arm').rmdir()
    with pytest.warns(UserWarning, match='does not exist'):
        get_package_share_directory('arm')
    assert get_package_share_directory('arm', print_warning=False) == str(prefix / 'share/arm')


def test_share_directory_of_an_editable_distribution_is_its_project_folder(site, tmp_path):
    folder = project(tmp_path, 'hand')
    install(site, 'hand', project=folder)
    assert get_package_share_directory('hand') == str(folder)
    assert get_packages_with_prefixes()['hand'] == distributions.prefix()


def test_prefix_wins_over_a_distribution_of_the_same_name(prefix, site, tmp_path):
    install(site, 'arm', project=project(tmp_path, 'arm'))
    assert get_package_share_directory('arm') == str(prefix / 'share/arm')
    assert get_packages_with_prefixes()['arm'] == str(prefix)


def test_installed_distribution_has_its_share_directory_below_the_prefix(
    site, tmp_path, monkeypatch
):
    install(site, 'foot')
    monkeypatch.setattr(distributions, 'prefix', lambda: str(tmp_path))
    with pytest.raises(PackageNotFoundError):
        get_package_share_directory('foot')
    (tmp_path / 'share/foot').mkdir(parents=True)
    (tmp_path / 'share/foot/package.xml').write_text('<package/>')
    assert get_package_share_directory('foot') == str(tmp_path / 'share/foot')


def test_package_is_found_by_its_name_though_pip_writes_a_hyphen(site, tmp_path):
    folder = project(tmp_path, 'left_hand')
    install(site, 'left-hand', project=folder)
    assert get_package_share_directory('left_hand') == str(folder)
    assert 'left_hand' in get_packages_with_prefixes()


def test_metadata_that_a_build_left_behind_hides_no_package(site, tmp_path, monkeypatch):
    folder = project(tmp_path, 'hand')
    install(site, 'hand', project=folder)
    for name in ('hand', 'pytest'):
        (folder / f'{name}.egg-info').mkdir()
        (folder / f'{name}.egg-info/PKG-INFO').write_text(f'Name: {name}\nVersion: 1.0\n')
    monkeypatch.syspath_prepend(str(folder))
    assert get_package_share_directory('hand') == str(folder)
    assert 'pytest' in distributions.executables('pytest')


def test_distribution_without_a_manifest_is_no_package():
    with pytest.raises(PackageNotFoundError, match="'pytest' not found"):
        get_package_share_directory('pytest')


@pytest.mark.parametrize('name', ['', 'a', '../etc', 'a b', 'ä_package'])
def test_invalid_name_is_refused(name):
    with pytest.raises(ValueError, match='not a valid package name'):
        get_package_prefix(name)


def test_executable_with_a_script_is_the_script():
    script = distributions.executables('pytest')['pytest']
    assert script.endswith('/pytest')


def test_no_distribution_has_no_executables():
    assert distributions.executables('no_such_distribution') == {}
