"""The tools of the SO101 as a person uses them, on emulated servos that a hand moves."""

import errno
import io
import subprocess
from types import SimpleNamespace

import pytest
import serial
from graph import BIN, wait_for
from so101_arm import REPLY_TIMEOUT, EmulatedArm

from robot_bridge.driver import DriverError
from robot_bridge.drivers.so101 import ports, setup_servos
from robot_bridge.drivers.so101.bus import ServoBus
from robot_bridge.drivers.so101.calibrate import RangeRecorder
from robot_bridge.drivers.so101.calibration import load
from robot_bridge.drivers.so101.registers import JOINTS

MIDDLE = [1900, 3080, 1100, 2560, 2000, 3400]


class Tool:
    """A program with a person at its keyboard."""

    def __init__(self, folder, name, *arguments):
        self.log = folder / f'{name}.log'
        with self.log.open('w') as log:
            self.popen = subprocess.Popen([BIN / name, *arguments], stdin=subprocess.PIPE,
                                          stdout=log, stderr=subprocess.STDOUT, text=True)

    @property
    def output(self):
        return self.log.read_text()

    def says(self, text):
        wait_for(lambda: text in self.output or self.popen.poll() is not None, 30, text)
        assert text in self.output

    def enter(self):
        self.popen.stdin.write('\n')
        self.popen.stdin.flush()

    def exit_code(self):
        return self.popen.wait(30)


@pytest.fixture
def tool(tmp_path):
    made = []

    def start(name, arm, *arguments):
        made.append(Tool(tmp_path, name, *arguments, '--port', arm.port,
                         '--reply-timeout', str(REPLY_TIMEOUT)))
        return made[-1]
    yield start
    for each in made:
        each.popen.kill()
        each.popen.wait()
        each.popen.stdin.close()


def show(arm, pose):
    """Move the arm by hand to a pose, and wait until the tool has seen it."""
    asked = int(arm.move_by_hand(pose)['instructions'])
    arm.part('so101_emulator: bus', lambda level, text, v: int(v['instructions']) > asked + 2)


def test_calibration_by_hand_is_in_the_file_and_in_the_servos(graph, tool, tmp_path):
    arm = EmulatedArm(graph, calibration='')
    run = tool('so101_calibrate', arm, '--id', 'mine', '--calibration-dir', str(tmp_path))
    run.says('Move every joint to the middle')
    arm.move_by_hand(MIDDLE)
    run.enter()
    run.says('from one end to the other')
    show(arm, [x - 900 for x in MIDDLE])
    show(arm, [x + 600 for x in MIDDLE])
    run.enter()
    assert run.exit_code() == 0, run.output
    made = load(tmp_path / 'mine.json')
    assert [c.homing_offset for c in made.values()] == [x - 2047 for x in MIDDLE]
    assert (made['elbow_flex'].range_min, made['elbow_flex'].range_max) == (1147, 2647)
    assert (made['wrist_roll'].range_min, made['wrist_roll'].range_max) == (0, 4095)
    arm.set(powered=False)
    arm.set(powered=True)
    driver = arm.driver(id='mine', calibration_dir=str(tmp_path))
    driver.connect()        # the servos hold what the file says, and keep it
    driver.disconnect()
    assert arm.record['violations'] == '0'


def test_calibration_that_is_broken_off_gives_the_servos_theirs_back(graph, tool, tmp_path):
    arm = EmulatedArm(graph)
    driver = arm.driver()
    driver.connect()
    driver.disconnect()
    run = tool('so101_calibrate', arm, '--id', 'mine', '--calibration-dir', str(tmp_path))
    run.says('Move every joint to the middle')
    arm.move_by_hand(MIDDLE)
    run.enter()
    run.says('from one end to the other')
    run.enter()     # nothing has moved
    assert run.exit_code() == 1
    assert 'did not move' in run.output
    assert 'The servos have the calibration again that they had before' in run.output
    assert not (tmp_path / 'mine.json').exists()
    driver.connect()
    driver.disconnect()


def test_calibration_that_exists_is_replaced_only_after_a_question(graph, tool, tmp_path):
    (tmp_path / 'mine.json').write_text('kept')
    arm = EmulatedArm(graph)
    run = tool('so101_calibrate', arm, '--id', 'mine', '--calibration-dir', str(tmp_path))
    run.says('mine.json exists and will be replaced')
    run.popen.stdin.close()
    assert run.exit_code() == 1
    assert 'stopped' in run.output and 'Move every joint' not in run.output
    assert (tmp_path / 'mine.json').read_text() == 'kept'


def test_calibration_of_an_arm_with_a_servo_missing_says_which(graph, tool):
    arm = EmulatedArm(graph, ids='[1, 2, 3, 4, 5]')
    run = tool('so101_calibrate', arm, '--id', 'mine')
    assert run.exit_code() == 1
    assert 'servo 6 (gripper)' in run.output
    assert 'Traceback' not in run.output


def recorded(joint, *positions):
    recorder = RangeRecorder()
    for k, seen in enumerate(positions):
        recorder.see({**dict.fromkeys(JOINTS, 2047 + k), joint: seen})
    return recorder


def test_ranges_that_cannot_be_are_refused():
    recorded('elbow_flex', 1000, 2001).check()
    recorded('wrist_roll', 0, 4001).check()
    with pytest.raises(DriverError, match='elbow_flex did not move'):
        recorded('elbow_flex', 1000, 1000).check()
    with pytest.raises(DriverError, match='elbow_flex passed the end of the encoder'):
        recorded('elbow_flex', 10, 4081).check()


@pytest.mark.parametrize('baud', [1_000_000, 500_000])
def test_new_servo_gets_its_id_for_good(graph, tool, baud):
    arm = EmulatedArm(graph, calibration='', ids='[1]', baud=baud)
    run = tool('so101_setup', arm, 'ids', '--joint', 'gripper')
    run.says('Connect the board to the servo of gripper alone')
    run.enter()
    assert run.exit_code() == 0, run.output
    assert f'gripper has id 6 now (it was 1, at {baud} bit/s)' in run.output
    arm.set(powered=False)
    arm.set(powered=True)
    run = tool('so101_setup', arm, 'check')
    assert run.exit_code() == 1
    assert 'ids that do: [6]' in run.output


def test_ids_are_given_to_one_servo_at_a_time(graph, tool):
    arm = EmulatedArm(graph, ids='[1, 2]')
    run = tool('so101_setup', arm, 'ids', '--joint', 'gripper')
    run.says('alone')
    run.enter()
    assert run.exit_code() == 1
    assert '2 servos are connected ([1, 2]); connect only one' in run.output


def test_complete_arm_passes_the_check(graph, tool):
    run = tool('so101_setup', EmulatedArm(graph), 'check')
    assert run.exit_code() == 0, run.output
    assert 'all six servos answer' in run.output


def port(device, vid=0x1A86):
    return SimpleNamespace(device=device, vid=vid, pid=0x55D3, serial_number='58FA', description='')


@pytest.mark.parametrize(('gone', 'code', 'line'), [
    (1, 0, 'The arm is on /dev/ttyACM0'), (0, 1, '0 ports went away (none)'),
    (2, 1, '2 ports went away (/dev/ttyACM0, /dev/ttyACM1)')])
def test_port_is_found_by_unplugging(monkeypatch, capsys, gone, code, line):
    there = [port('/dev/ttyACM0'), port('/dev/ttyACM1')]
    answers = iter([there, there[gone:]])
    monkeypatch.setattr(setup_servos, 'usb_ports', lambda: next(answers))
    monkeypatch.setattr('sys.stdin', io.StringIO('\n'))
    assert setup_servos.main(['find']) == code
    assert line in ''.join(capsys.readouterr())


def test_servo_boards_are_listed_first(monkeypatch, capsys):
    monkeypatch.setattr(ports.list_ports, 'comports', lambda: [
        port('/dev/ttyS0', None), port('/dev/ttyACM0', 0x1234), port('/dev/ttyACM1')])
    assert setup_servos.main(['ports']) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith('/dev/ttyACM1  1a86:55d3 QinHeng') and first.endswith('58FA')
    assert second.startswith('/dev/ttyACM0')


@pytest.mark.parametrize(('number', 'line'), [
    (errno.EAGAIN, 'used by another program'), (errno.EBUSY, 'used by another program'),
    (errno.EACCES, 'usermod -aG dialout'), (errno.ENOENT, 'set so101.port')])
def test_port_that_cannot_be_opened_has_a_remedy(monkeypatch, number, line):
    def refuse(*_, **__):
        raise serial.SerialException(number, 'no')
    monkeypatch.setattr(serial, 'Serial', refuse)
    with pytest.raises(DriverError, match=line):
        ServoBus('/dev/ttyACM0', 0.01).open()


def test_input_that_ends_stops_the_tool(graph, tool):
    run = tool('so101_calibrate', EmulatedArm(graph), '--id', 'x')
    run.says('middle')
    run.popen.stdin.close()
    assert run.exit_code() == 1
    assert 'stopped' in run.output
