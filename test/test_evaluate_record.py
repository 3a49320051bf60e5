"""settings.json: rows of other settings never join those of a folder."""

import hashlib

import pytest

from segue_core.parameters import ParameterError
from segue_evaluation.record import keep, sha256

SETTINGS = {'threshold': 0.5, 'parameters': {'libero.image_size': 128}}


def test_same_settings_are_kept_as_they_are(tmp_path):
    keep(tmp_path, SETTINGS)
    before = (tmp_path / 'settings.json').read_text()
    keep(tmp_path, dict(SETTINGS))
    assert (tmp_path / 'settings.json').read_text() == before


@pytest.mark.parametrize(('change', 'message'), [
    ({'threshold': 0.7}, 'made with threshold 0.5, now it is 0.7'),
    ({'parameters': {'libero.image_size': 256}}, 'made with libero.image_size 128, now it is 256'),
    ({'new': 1}, 'made with new None, now it is 1')])
def test_changed_setting_is_refused_by_name_with_both_values(tmp_path, change, message):
    keep(tmp_path, SETTINGS)
    with pytest.raises(ParameterError, match=message):
        keep(tmp_path, {**SETTINGS, **change})


@pytest.mark.parametrize(('text', 'message'), [
    ('{', 'cannot be read'), ('[]', 'no object of settings'), ('null', 'no object of settings')])
def test_damaged_settings_are_refused(tmp_path, text, message):
    (tmp_path / 'settings.json').write_text(text)
    with pytest.raises(ParameterError, match=message):
        keep(tmp_path, SETTINGS)


def test_checkpoint_is_known_by_its_content(tmp_path):
    file = tmp_path / 'model.safetensors'
    file.write_bytes(b'weights')
    assert sha256(str(file)) == hashlib.sha256(b'weights').hexdigest()
    folder = sha256(str(tmp_path))
    (tmp_path / 'README.md').write_text('What it is.')
    assert folder == sha256(str(tmp_path))
    file.write_bytes(b'other')
    assert sha256(str(tmp_path)) != folder
    assert sha256('') == ''
    with pytest.raises(ParameterError, match='does not exist'):
        sha256(str(tmp_path / 'none'))
