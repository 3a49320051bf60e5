import asyncio

import pytest
from launch import Event, EventHandler, LaunchDescription, LaunchService
from launch.actions import (
    EmitEvent,
    ExecuteProcess,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    Shutdown,
    TimerAction,
    UnregisterEventHandler,
)
from launch.event_handlers import (
    OnExecutionComplete,
    OnProcessExit,
    OnProcessStart,
    OnShutdown,
    event_named,
)
from launch.events import Shutdown as ShutdownEvent
from launch.events import matches_action
from launch.events.process import (
    ProcessStdin,
    ShutdownProcess,
    SignalProcess,
    matches_executable,
    matches_name,
    matches_pid,
)
from launch.substitutions import LocalSubstitution


class Ping(Event):
    name = 'test.Ping'


def test_handler_gets_the_event_and_its_entities_are_visited(run, screen):
    handler = EventHandler(
        matcher=event_named('test.Ping'),
        entities=[LogInfo(msg=['got ', LocalSubstitution('event.name')])],
    )
    run(RegisterEventHandler(handler), EmitEvent(event=Ping()), EmitEvent(event=Ping()))
    assert [line for line in screen.lines if 'got' in line] == [
        '[INFO] [launch.user]: got test.Ping'
    ] * 2


def test_handler_may_handle_once_or_be_removed(run, screen):
    once = EventHandler(
        matcher=event_named('test.Ping'), entities=LogInfo(msg='once'), handle_once=True
    )
    removed = EventHandler(matcher=event_named('test.Ping'), entities=LogInfo(msg='removed'))
    run(
        RegisterEventHandler(once),
        RegisterEventHandler(removed),
        UnregisterEventHandler(removed),
        EmitEvent(event=Ping()),
        EmitEvent(event=Ping()),
    )
    assert screen.lines.count('[INFO] [launch.user]: once') == 1
    assert '[INFO] [launch.user]: removed' not in screen.lines


def test_removing_an_unknown_handler_is_an_error(run, screen):
    assert run(UnregisterEventHandler(EventHandler(matcher=lambda event: True))) == 1
    assert 'Caught exception in launch' in screen


def test_handler_of_another_process_is_not_called(run, screen):
    process, other = ExecuteProcess(cmd=['true']), ExecuteProcess(cmd=['true'])
    run(
        RegisterEventHandler(
            OnProcessExit(target_action=other, on_exit=[LogInfo(msg='other ended')])
        ),
        RegisterEventHandler(
            OnProcessExit(
                target_action=lambda action: action is process, on_exit=[LogInfo(msg='it ended')]
            )
        ),
        process,
    )
    assert 'it ended' in screen
    assert 'other ended' not in screen


@pytest.mark.parametrize('handler', [OnProcessExit, OnExecutionComplete])
def test_wrong_target_or_entities_are_refused(handler):
    name = 'on_exit' if handler is OnProcessExit else 'on_completion'
    with pytest.raises(TypeError, match='action_matcher must be'):
        handler(target_action='x', **{name: LogInfo(msg='')})
    with pytest.raises(TypeError, match='LaunchDescriptionEntity'):
        handler(**{name: [1]})


def test_end_of_an_action_is_an_event(run, screen):
    process = ExecuteProcess(cmd=['true'])
    action = LogInfo(msg='action')
    run(
        RegisterEventHandler(
            OnExecutionComplete(target_action=process, on_completion=[LogInfo(msg='process done')])
        ),
        RegisterEventHandler(
            OnExecutionComplete(target_action=action, on_completion=[LogInfo(msg='action done')])
        ),
        action,
        process,
    )
    assert 'action done' in screen and 'process done' in screen


def test_shutdown_action_ends_everything_and_tells_the_reason(run, screen):
    reasons = []
    run(
        RegisterEventHandler(
            OnShutdown(on_shutdown=lambda event, context: reasons.append(event.reason))
        ),
        ExecuteProcess(cmd=['sleep', '60']),
        ExecuteProcess(cmd=['true'], name='short', on_exit=Shutdown(reason='short ended')),
    )
    assert reasons == ['short ended']
    assert 'was required: shutting down launched system' in screen


def test_process_of_a_shutdown_handler_runs_to_its_end(run, screen):
    last = ExecuteProcess(cmd=['echo', 'goodbye'], output='screen')
    run(RegisterEventHandler(OnShutdown(on_shutdown=[last])), Shutdown(reason='at once'))
    assert f'[{last.name}] goodbye' in screen.lines


def test_process_is_not_started_when_the_launch_fails_before(run, screen):
    def fail(context):
        raise RuntimeError('no robot')

    assert run(ExecuteProcess(cmd=['sleep', '60']), OpaqueFunction(function=fail)) == 1
    assert 'process started' not in screen


def test_timer_executes_its_actions_unless_it_is_canceled(run, screen):
    canceled = TimerAction(period=0.01, actions=[LogInfo(msg='canceled timer')])

    def cancel(context):
        canceled.cancel()

    run(
        TimerAction(period=0.01, actions=[LogInfo(msg='timer fired')]),
        canceled,
        OpaqueFunction(function=cancel),
    )
    assert 'timer fired' in screen
    assert 'canceled timer' not in screen


def test_shutdown_cancels_timers(run, screen):
    run(TimerAction(period=3600.0, actions=[LogInfo(msg='late')]), Shutdown())
    assert 'late' not in screen


def test_period_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="'period'"):
        TimerAction(period=5, actions=[])
    with pytest.raises(TypeError, match="'period'"):
        TimerAction(period=True, actions=[])


def test_exception_of_a_handler_ends_the_launch(run, screen):
    def fail(event, context):
        raise RuntimeError(f'{event.process_name} ended')

    process = ExecuteProcess(cmd=['true'], name='required', on_exit=fail)
    assert run(ExecuteProcess(cmd=['sleep', '60']), process) == 1
    assert 'Caught exception in launch (see debug for traceback): required-' in screen


def test_one_process_can_be_shut_down_or_signaled(run, screen):
    signaled, shut_down = ExecuteProcess(cmd=['sleep', '60']), ExecuteProcess(cmd=['sleep', '60'])
    kill = SignalProcess(signal_number='SIGUSR1', process_matcher=matches_action(signaled))
    end = ShutdownProcess(process_matcher=matches_action(shut_down))
    end_it, kill_it = EmitEvent(event=end), EmitEvent(event=kill)
    run(
        RegisterEventHandler(OnProcessStart(target_action=shut_down, on_start=[end_it])),
        RegisterEventHandler(OnProcessExit(target_action=shut_down, on_exit=kill_it)),
        signaled,
        shut_down,
    )
    assert (shut_down.return_code, signaled.return_code) == (-2, -10)
    assert f"sending signal 'SIGUSR1' to process[{signaled.name}]" in screen


def test_text_can_be_sent_to_a_process(run, screen):
    cat = ExecuteProcess(cmd=['head', '-1'], output='screen')

    def send(event, context):
        details = dict(cat.process_details)
        return EmitEvent(event=ProcessStdin(text=b'hello\n', **details))

    run(cat, RegisterEventHandler(OnProcessStart(target_action=cat, on_start=send)))
    assert f'[{cat.name}] hello' in screen.lines


def test_process_matchers(run):
    process = ExecuteProcess(cmd=['/bin/true'], name='it')
    assert not matches_pid(1)(process)
    run(process)
    details = process.process_details
    assert matches_pid(details['pid'])(process) and not matches_pid(0)(process)
    assert matches_name(details['name'])(process) and not matches_name('it')(process)
    assert matches_executable('true')(process) and not matches_executable('false')(process)


def test_service_takes_events_while_it_does_not_run(screen):
    service = LaunchService()
    service.emit_event(ShutdownEvent(reason='early'))
    assert service.shutdown() is None
    assert service.run(shutdown_when_idle=False) == 0


@pytest.mark.parametrize('in_a_thread', [False, True])
def test_service_that_does_not_end_when_idle_ends_on_shutdown(screen, in_a_thread):
    service = LaunchService()

    async def main():
        task = asyncio.ensure_future(service.run_async(shutdown_when_idle=False))
        while service.event_loop is None:
            await asyncio.sleep(0)
        if in_a_thread:
            await asyncio.to_thread(service.shutdown)
        else:
            await service.shutdown()
        return await task

    assert asyncio.run(main()) == 0


def test_canceled_run_ends_its_processes(screen):
    process = ExecuteProcess(cmd=['sleep', '60'])
    service = LaunchService()

    async def main():
        service.include_launch_description(LaunchDescription([process]))
        task = asyncio.ensure_future(service.run_async())
        while 'process started' not in screen:
            await asyncio.sleep(0.01)
        task.cancel()
        return await task

    assert asyncio.run(main()) == 1
    assert process.return_code == -2
    assert 'run task was canceled' in screen


def test_service_runs_in_the_main_thread_only(screen):
    async def main():
        def run():
            return asyncio.run(LaunchService().run_async())

        with pytest.raises(RuntimeError, match='main thread'):
            await asyncio.to_thread(run)

    asyncio.run(main())
