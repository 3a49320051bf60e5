"""Runs episodes of a plan one after another, keeping simulator and policy while they fit. Pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from policy_node.server import PolicyServer
from robot_bridge.driver import DriverError
from segue_core.contract import IMAGES, Contract
from segue_core.parameters import ParameterError
from segue_evaluation.film import save_film
from segue_evaluation.measures import measure, motion_columns
from segue_evaluation.plan import Episode, Plan
from segue_evaluation.record import sha256
from segue_evaluation.rollout import Outcome, Rollout
from segue_evaluation.rows import Row
from segue_evaluation.settings import Settings, read_settings
from segue_evaluation.watched import Watched

NAN = float('nan')


class EpisodeRunner:
    """One simulator and one policy.

    Args:
        plan: What all episodes have in common.
        filming: Whether some episodes are filmed, so cameras are needed in any case.
    """

    def __init__(self, plan: Plan, *, filming: bool) -> None:
        self._plan, self._filming = plan, filming
        self._server: PolicyServer | None = None
        self._simulator: Watched | None = None
        self._task: tuple[str, int] | None = None

    def run(self, episode: Episode) -> Row:
        """Run one episode.

        Raises:
            DriverError: It could not begin.
            PolicyError: The policy cannot be loaded or cannot infer.
            ParameterError: Parameters do not fit.
            PluginError: Policy or driver do not exist.
        """
        plan = self._plan
        settings = read_settings(plan.params_file, plan.parameters(episode))
        server = self._serving(settings)
        assert server.policy is not None
        contract = settings.contract.narrowed(server.policy.metadata.features)
        simulator = self._opened(settings, episode, contract)
        simulator.filming = episode.film is not None
        rollout = Rollout(simulator, server.infer, contract, settings.bridge, settings.shaping,
                          known_delays=episode.delay.steps)
        try:
            outcome = rollout.run(episode.init_state, episode.seed, plan.max_steps)
        except DriverError as error:
            if simulator.steps is None:
                raise
            return _failed(episode, settings, simulator.steps, str(error))
        if episode.film:
            save_film(episode.film, simulator.frames, outcome.steps, outcome.success)
        motion = motion_columns(simulator.spec.action_names, settings.shaping.gripper_columns)
        return _row(episode, settings, outcome, motion)

    def close(self) -> None:
        """Let go of the simulator."""
        if self._simulator:
            self._simulator.disconnect()
        self._simulator = self._task = None

    def _serving(self, settings: Settings) -> PolicyServer:
        if self._server is None or self._server.config != settings.policy:
            if sha256(settings.policy.checkpoint) != self._plan.checkpoint_sha256:
                raise ParameterError(f'checkpoint {settings.policy.checkpoint} was changed while '
                                     'it was evaluated; copy it first if it is still trained')
            self._server = PolicyServer(settings.policy)
            self._server.load(settings.policy)
        self._server.subtasks.settings = settings.subtasks
        self._server.forget_sessions()
        return self._server

    def _opened(self, settings: Settings, episode: Episode, contract: Contract) -> Watched:
        """The simulator of the episode's task, connected."""
        images = any(i.type in IMAGES for i in contract.inputs)
        task = episode.suite, episode.task_id
        if self._simulator is None or self._task != task:
            self.close()
            if not images and not self._filming:    # without cameras it needs no OpenGL
                settings = read_settings(self._plan.params_file, {
                    **self._plan.parameters(episode), f'{self._plan.driver}.cameras': ()})
            self._simulator = Watched(settings.make_simulator(), images=images)
            self._simulator.connect()
            self._task = task
        return self._simulator


def _row(episode: Episode, settings: Settings, outcome: Outcome, motion: NDArray[np.bool_]) -> Row:
    counters = outcome.counters
    m = measure(outcome, motion, 1e9 / settings.contract.step_ns)
    return replace(
        _failed(episode, settings, outcome.steps, ''), task=outcome.start.task,
        success=bool(outcome.success), idle_share=m.idle_share, seam_jump_mean=m.seam_jump_mean,
        seam_jump_max=m.seam_jump_max, jerk=m.jerk, starved_ticks=m.starved_ticks,
        requests=counters.requests, queue_level=counters.mean_level,
        inference_ms_p50=m.inference_ms)


def _failed(episode: Episode, settings: Settings, steps: int, error: str) -> Row:
    """An episode without figures."""
    return Row(
        suite=episode.suite, task_id=episode.task_id, task='', init_state=episode.init_state,
        seed=episode.seed, mode=episode.mode.name, delay=episode.delay.text,
        threshold=settings.bridge.chunk_size_threshold,
        actions_per_chunk=settings.policy.actions_per_chunk, success=False, steps=steps,
        idle_share=NAN, seam_jump_mean=NAN, seam_jump_max=NAN, jerk=NAN, starved_ticks=0,
        requests=0, queue_level=NAN, inference_ms_p50=NAN, error=error)
