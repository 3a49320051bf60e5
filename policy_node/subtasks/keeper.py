"""Keeps the subtask of each session, and has it refreshed beside the actions. Pure: no ROS."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from threading import RLock

from policy_node.policy import Observation, Policy, PolicyError, Query, SubtaskPolicy
from policy_node.subtasks.early import Signs
from policy_node.subtasks.figures import SubtaskFigures, SubtaskTally
from policy_node.subtasks.gate import DecodingAbandoned, TurnGate
from policy_node.subtasks.values import CurrentSubtask, Provenance, SubtaskSettings

QUIET_NS = 1_000_000_000
"""A session that asks for chunks is refreshed right after one of them, when the policy is likely to
be free; only one that did not ask for so long is refreshed by `SubtaskKeeper.poll` [ns]."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The newest observation of a session, before it is made.

    Attributes:
        stamp_ns: Its instant [ns, clock of the session's requests].
        observe: Makes it; called on the thread that decodes.
    """

    stamp_ns: int
    observe: Callable[[], Observation]


@dataclass(slots=True, eq=False)
class _Session:
    settings: SubtaskSettings | None = None
    policy: SubtaskPolicy | None = None
    prompt: str = ''
    asked_ns: int = 0
    attempted_ns: int = 0
    refreshing: bool = False
    current: CurrentSubtask | None = None
    pursued: str = ''
    count: int = 0
    signs: Signs = field(default_factory=Signs)


class SubtaskKeeper:
    """Says which subtask each session pursues; belongs to one `policy_node.server.PolicyServer`.

    The first subtask of a session, and the first after another prompt, is decoded before the chunk
    that needs it. Later ones are decoded on a thread of their own, right after a chunk was
    inferred, and pursued from the next chunk on. If one fails, the one before stays.

    Time is that of the observations: a refresh is due by their stamps.

    Args:
        settings: Of all sessions without settings of their own.
        newest: Newest observation of a session, for `poll`; None when there is none.
        on_change: Told each new subtask and the session that pursues it; from any thread.
        run: Runs a refresh; None for a thread of the keeper's own.

    Attributes:
        settings: As above; may be replaced at any time.
        gate: Turns at the policy; everybody who uses it goes through.
    """

    def __init__(self, settings: SubtaskSettings | None = None, *,
                 newest: Callable[[str], View | None] = lambda session_id: None,
                 on_change: Callable[[str, CurrentSubtask], None] = lambda session_id, new: None,
                 run: Callable[[Callable[[], None]], object] | None = None) -> None:
        self.settings = settings or SubtaskSettings()
        self._tally = SubtaskTally()
        self.gate = TurnGate(self._tally.waited)
        self._newest, self._on_change = newest, on_change
        self._run = run or ThreadPoolExecutor(1, thread_name_prefix='subtask').submit
        self._sessions: dict[str, _Session] = {}
        self._lock = RLock()

    # ---- settings ----
    def set(self, session_id: str, settings: SubtaskSettings | None) -> None:
        """Give one session settings of its own, kept until `forget`; None for those of all."""
        with self._lock:
            self._sessions.setdefault(session_id, _Session()).settings = settings

    def settings_of(self, session_id: str) -> SubtaskSettings:
        """What holds for a session."""
        with self._lock:
            session = self._sessions.get(session_id)
            return (session and session.settings) or self.settings

    # ---- asked by who serves chunks ----
    def current(self, session_id: str) -> CurrentSubtask | None:
        """What a session pursues; None when it has no subtask."""
        with self._lock:
            session = self._sessions.get(session_id)
            return session.current if session else None

    def prepare(self, policy: Policy, query: Query) -> Query:
        """The query with the subtask that its session pursues now.

        Must not be called while holding the gate: it may decode.

        Raises:
            PolicyError: There is no subtask yet and none can be decoded.
        """
        seen = query.observation
        with self._lock:
            session = self._sessions.setdefault(seen.session_id, _Session())
            settings = session.settings or self.settings
            session.policy = policy if isinstance(policy, SubtaskPolicy) else None
            session.prompt, session.asked_ns = seen.prompt, seen.stamp_ns
            if settings.generate_subtask:
                session.signs.see(seen.stamp_ns, seen.features, _commands(policy, query), settings)
        self._look(session, settings, seen)
        current = self.current(seen.session_id)
        if current is None:
            return query
        prompt = current.text if session.policy is None else seen.prompt
        prefix = query.prefix
        if session.pursued not in ('', current.text):     # rows of another intent are no guide
            prefix = prefix[:math.ceil(query.delay)]
        session.pursued = current.text
        return replace(query, prefix=prefix,
                       observation=replace(seen, prompt=prompt, subtask=current.text))

    def forget(self, session_id: str) -> None:
        """A session is over."""
        with self._lock:
            gone = self._sessions.pop(session_id, None)
            if gone:
                gone.policy = None

    def clear(self) -> None:
        """Another policy takes over: forget the subtasks, not the settings.

        Returns when nothing is being decoded any more.
        """
        with self._lock:
            kept = {k: s.settings for k, s in self._sessions.items() if s.settings}
            for session_id in list(self._sessions):
                self.forget(session_id)
            self._sessions = {k: _Session(settings=s) for k, s in kept.items()}
        with self.gate.acting(alone=True):
            pass

    # ---- asked now and then, by who knows the newest observations ----
    def poll(self) -> None:
        """Begin the refreshes that are due in sessions which ask for no chunks."""
        with self._lock:
            sessions = list(self._sessions.items())
        for session_id, session in sessions:
            settings = session.settings or self.settings
            refreshed = settings.generate_subtask and session.current and not settings.subtask_wait
            if not (settings.low_level_prompt or refreshed):
                continue
            view = self._newest(session_id)
            if view is None or view.stamp_ns - session.asked_ns < QUIET_NS:
                continue
            if settings.low_level_prompt:
                self._override(session_id, session, settings.low_level_prompt, view.stamp_ns)
            elif self._elapsed(session, settings, view.stamp_ns):
                self._begin(session_id, session, view)

    def figures(self) -> SubtaskFigures:
        """How it goes."""
        return self._tally.figures()

    # ---- what to do ----
    def _look(self, session: _Session, settings: SubtaskSettings, seen: Observation) -> None:
        """See to it that the session has its subtask, and that the next one comes in time."""
        stamp_ns, current = seen.stamp_ns, session.current
        if settings.low_level_prompt:
            self._override(seen.session_id, session, settings.low_level_prompt, stamp_ns)
        elif not (settings.generate_subtask and session.policy):
            session.current = None
        elif current is None or current.provenance is Provenance.OVERRIDE or (
                current.prompt != seen.prompt):
            try:
                self._decode(session, seen, in_line=True)
            except Exception as error:
                self._tally.failed(_reason(error))
                raise
        elif not self._due(session, settings, stamp_ns):
            return
        elif settings.subtask_wait:
            self._refresh(seen.session_id, session, lambda: seen, in_line=True)
        else:
            self._begin(seen.session_id, session, View(stamp_ns, lambda: seen))

    def _override(self, session_id: str, session: _Session, text: str, stamp_ns: int) -> None:
        current = session.current
        if current is None or (current.text, current.prompt, current.provenance) != (
                text, session.prompt, Provenance.OVERRIDE):
            self._pursue(session_id, session, CurrentSubtask(
                text=text, prompt=session.prompt, refresh_count=session.count, stamp_ns=stamp_ns,
                provenance=Provenance.OVERRIDE))

    @staticmethod
    def _elapsed(session: _Session, settings: SubtaskSettings, stamp_ns: int) -> bool:
        """Whether the interval is over; either way round, as clocks may be set back."""
        interval_ns = settings.subtask_refresh_interval * 1e9
        return 0 < interval_ns <= abs(stamp_ns - session.attempted_ns) and not session.refreshing

    def _due(self, session: _Session, settings: SubtaskSettings, stamp_ns: int) -> bool:
        """Whether to refresh at a chunk: the interval is over, or there are signs to be early."""
        if self._elapsed(session, settings, stamp_ns):
            return True
        if (session.refreshing or not settings.subtask_refresh_interval
                or not settings.subtask_early_refresh
                or stamp_ns - session.attempted_ns < settings.subtask_min_interval * 1e9):
            return False
        if reason := session.signs.reason(stamp_ns, settings):
            self._tally.early(reason)
        return bool(reason)

    def _begin(self, session_id: str, session: _Session, view: View) -> None:
        with self._lock:
            if session.refreshing:
                return
            session.refreshing, session.attempted_ns = True, view.stamp_ns
        self._run(partial(self._refresh, session_id, session, view.observe))

    # ---- decoding ----
    def _refresh(self, session_id: str, session: _Session, observe: Callable[[], Observation], *,
                 in_line: bool = False) -> None:
        """Decode, whatever comes of it: the subtask before stays unless there is a new one."""
        try:
            seen = observe()
            with self._lock:
                if seen.stamp_ns > session.asked_ns:
                    session.prompt = seen.prompt
            again = False
            while self._wanted(session_id, session, seen):
                try:
                    self._decode(session, seen, in_line=in_line, again=again)
                    break
                except DecodingAbandoned:
                    again = True
        except Exception as error:      # a model may raise anything; actions go on without it
            self._tally.failed(_reason(error))
        finally:
            session.refreshing = False

    def _wanted(self, session_id: str, session: _Session, seen: Observation) -> bool:
        """Whether a subtask of this observation would still be pursued."""
        with self._lock:
            settings = session.settings or self.settings
            return (session.policy is not None and settings.generate_subtask
                    and not settings.low_level_prompt
                    and self._sessions.get(session_id) is session
                    and session.prompt == seen.prompt)

    def _decode(self, session: _Session, seen: Observation, *, in_line: bool,
                again: bool = False) -> None:
        with self._lock:
            settings, policy = session.settings or self.settings, session.policy
            before = session.current.text if session.current else ''
            session.attempted_ns = seen.stamp_ns
        if policy is None:
            return
        seen, decoding = replace(seen, subtask=before), settings.decoding(session.count)
        began = time.perf_counter_ns()
        if in_line:
            with self.gate.acting(alone=True):
                made = policy.subtask(seen, decoding, lambda: None)
        else:
            with self.gate.decoding(seen.session_id, again=again) as give_way:
                made = policy.subtask(seen, decoding, give_way)
        took_ns = time.perf_counter_ns() - began
        if not made.text:
            raise PolicyError(f'policy {policy.metadata.name} gave an empty subtask; it must say '
                              'which step comes next, or raise why it cannot')
        self._tally.decoded(took_ns)
        if self._wanted(seen.session_id, session, seen):
            self._pursue(seen.session_id, session, CurrentSubtask(
                text=made.text, tokens=made.tokens, prompt=seen.prompt, stamp_ns=seen.stamp_ns,
                refresh_count=session.count, decoding_ns=took_ns))

    def _pursue(self, session_id: str, session: _Session, new: CurrentSubtask) -> None:
        with self._lock:
            session.current, session.count = new, new.refresh_count + 1
            session.attempted_ns = new.stamp_ns
            session.signs.begin(new.stamp_ns)
        self._on_change(session_id, new)


def _commands(policy: Policy, query: Query) -> dict[str, float]:
    """Action column -> value that the robot executes next; empty when it holds no rows."""
    if not len(query.prefix):
        return {}
    return dict(zip(policy.metadata.action_names, query.prefix[0].tolist(), strict=True))


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, PolicyError) else f'{type(error).__name__}: {error}'
