"""The stand-in SDK of a robot that can be switched off by a file, for tests with processes."""

from drivers_for_tests import CUT

from robot_bridge.emulators.astribot import sdk
from robot_bridge.emulators.astribot.robot import EmulatedRobot


class SwitchedRobot(EmulatedRobot):
    @property
    def plugged(self):
        return not CUT.exists()

    @plugged.setter
    def plugged(self, plugged):
        pass


sdk.ROBOT = SwitchedRobot()
Astribot = sdk.Astribot
