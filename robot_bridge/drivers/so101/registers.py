"""The STS3215 servo: its control table as far as it is used, and which servo is which joint."""

from __future__ import annotations

from dataclasses import dataclass

JOINTS = {'shoulder_pan': 1, 'shoulder_lift': 2, 'elbow_flex': 3, 'wrist_flex': 4,
          'wrist_roll': 5, 'gripper': 6}
"""Joint -> id of its servo."""
GRIPPER = 'gripper'
FULL_TURN = 'wrist_roll'
"""The joint that turns all the way round."""
MODEL = 777
RESOLUTION = 4096
"""Steps of one turn."""
BAUD_CODES = {1_000_000: 0, 500_000: 1, 250_000: 2, 128_000: 3, 115_200: 4, 57_600: 6, 38_400: 7}
"""Baud rate -> value of BAUD_RATE."""
BAUD = 1_000_000
FACTORY_AREA = 80
"""First address of what the factory sets."""


@dataclass(frozen=True, slots=True)
class Register:
    """One entry of the control table.

    Attributes:
        name: As vendor and LeRobot call it.
        address: First byte.
        size: Bytes, low byte first.
        sign_bit: Bit that means negative; 0 for values without sign.
    """

    name: str
    address: int
    size: int = 1
    sign_bit: int = 0

    def encode(self, value: int) -> list[int]:
        """Bytes of a value.

        Raises:
            ValueError: The register cannot hold it.
        """
        magnitude = (1 << (self.sign_bit or 8 * self.size)) - 1
        if abs(value) > magnitude or (value < 0 and not self.sign_bit):
            raise ValueError(f'{self.name} holds {-magnitude if self.sign_bit else 0}..'
                             f'{magnitude}, got {value}')
        word = abs(value) | (value < 0) << self.sign_bit
        return [word >> 8 * k & 0xFF for k in range(self.size)]

    def decode(self, data: bytes | bytearray | list[int]) -> int:
        """Value of ``size`` bytes."""
        word = sum(byte << 8 * k for k, byte in enumerate(data[:self.size]))
        if not self.sign_bit:
            return word
        magnitude = word & ((1 << self.sign_bit) - 1)
        return -magnitude if word >> self.sign_bit & 1 else magnitude

    def of(self, table: bytes | bytearray | list[int], start: int = 0) -> int:
        """Value in a block of the table that begins at address ``start``."""
        at = self.address - start
        return self.decode(table[at:at + self.size])


def is_permanent(address: int) -> bool:
    """Whether what is there outlasts the power supply; the servo must be unlocked to keep it."""
    return not TORQUE_ENABLE.address <= address < FACTORY_AREA


MODEL_NUMBER = Register('Model_Number', 3, 2)
ID = Register('ID', 5)
BAUD_RATE = Register('Baud_Rate', 6)
RETURN_DELAY = Register('Return_Delay_Time', 7)             # 2 us
MIN_POSITION = Register('Min_Position_Limit', 9, 2)
MAX_POSITION = Register('Max_Position_Limit', 11, 2)
MAX_TEMPERATURE = Register('Max_Temperature_Limit', 13)     # degrees Celsius
MIN_VOLTAGE = Register('Min_Voltage_Limit', 15)             # 0.1 V
MAX_TORQUE = Register('Max_Torque_Limit', 16, 2)            # 0.1 %
P_GAIN = Register('P_Coefficient', 21)
D_GAIN = Register('D_Coefficient', 22)
I_GAIN = Register('I_Coefficient', 23)
PROTECTION_CURRENT = Register('Protection_Current', 28, 2)  # 6.5 mA
HOMING_OFFSET = Register('Homing_Offset', 31, 2, 11)
OPERATING_MODE = Register('Operating_Mode', 33)             # 0: position
PROTECTIVE_TORQUE = Register('Protective_Torque', 34)       # %, what is left after an overload
PROTECTION_TIME = Register('Protection_Time', 35)           # 10 ms
OVERLOAD_TORQUE = Register('Overload_Torque', 36)           # %, from here on it is an overload
TORQUE_ENABLE = Register('Torque_Enable', 40)
ACCELERATION = Register('Acceleration', 41)                 # 100 steps/s^2; 0: no limit
GOAL_POSITION = Register('Goal_Position', 42, 2, 15)
GOAL_VELOCITY = Register('Goal_Velocity', 46, 2, 15)        # steps/s; 0: no limit
TORQUE_LIMIT = Register('Torque_Limit', 48, 2)              # 0.1 %
LOCK = Register('Lock', 55)
PRESENT_POSITION = Register('Present_Position', 56, 2, 15)
PRESENT_VELOCITY = Register('Present_Velocity', 58, 2, 15)  # steps/s
PRESENT_LOAD = Register('Present_Load', 60, 2, 10)          # 0.1 %
PRESENT_VOLTAGE = Register('Present_Voltage', 62)           # 0.1 V
PRESENT_TEMPERATURE = Register('Present_Temperature', 63)   # degrees Celsius
STATUS = Register('Status', 65)                             # bits as in ALARMS
MOVING = Register('Moving', 66)
PRESENT_CURRENT = Register('Present_Current', 69, 2)        # 6.5 mA
MAX_ACCELERATION = Register('Maximum_Acceleration', 85)

ALARMS = {1: 'voltage', 2: 'position sensor', 4: 'overheated', 8: 'overcurrent', 32: 'overload'}
"""Bit of the error byte that comes with every reply -> what it means."""


def alarms(bits: int) -> tuple[str, ...]:
    """What an error byte says."""
    return tuple(text for bit, text in ALARMS.items() if bits & bit)
