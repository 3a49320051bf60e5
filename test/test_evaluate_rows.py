"""episodes.csv: rows survive a crash, and come back as they were."""

import math
from dataclasses import fields

import pytest
from evaluation_helpers import row

from segue_core.parameters import ParameterError
from segue_evaluation.rows import Row, append, read, write


def test_rows_come_back_as_they_were(tmp_path):
    path = tmp_path / 'episodes.csv'
    rows = [row(), row(task='put "it", there', success=False, error='it broke')]
    for one in rows:
        append(path, one)
    assert read(path) == rows
    before = path.read_text()
    write(path, rows)
    assert path.read_text() == before
    assert before.splitlines()[0] == ','.join(f.name for f in fields(Row))


def test_figures_that_are_not_known_stay_unknown(tmp_path):
    append(tmp_path / 'episodes.csv', row(jerk=math.nan))
    assert math.isnan(read(tmp_path / 'episodes.csv')[0].jerk)


@pytest.mark.parametrize('cut', [1, 30])
def test_line_that_a_crash_cut_off_is_left_out(tmp_path, cut):
    path = tmp_path / 'episodes.csv'
    append(path, row())
    append(path, row(init_state=41))
    path.write_text(path.read_text()[:-cut])
    assert [one.init_state for one in read(path)] == [40]


def test_no_file_has_no_rows(tmp_path):
    assert read(tmp_path / 'episodes.csv') == []


def test_damaged_file_is_named(tmp_path):
    (tmp_path / 'episodes.csv').write_bytes(b'\xff\n')
    with pytest.raises(ParameterError, match='episodes.csv is damaged'):
        read(tmp_path / 'episodes.csv')


def test_mode_of_another_version_is_named(tmp_path):
    append(tmp_path / 'episodes.csv', row(mode='faster'))
    with pytest.raises(ParameterError, match='line 2 is damaged .*mode faster'):
        read(tmp_path / 'episodes.csv')


def test_damaged_line_is_named(tmp_path):
    path = tmp_path / 'episodes.csv'
    append(path, row())
    path.write_text(path.read_text().replace(',120,', ',many,'))
    with pytest.raises(ParameterError, match='line 2 is damaged'):
        read(path)


def test_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / 'episodes.csv'
    path.write_text('a,b\n1,2\n')
    with pytest.raises(ParameterError, match='other columns'):
        read(path)


def test_error_of_several_lines_stays_one_line(tmp_path):
    append(tmp_path / 'episodes.csv', row(error='it\nbroke'))
    assert read(tmp_path / 'episodes.csv')[0].error == 'it broke'
