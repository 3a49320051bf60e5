"""Bags to LeRobot datasets: `sampling` picks frames, `dataset` writes them, `cli` joins both."""
