"""Composition root of the scheduler: settings, service, loop, and the table of its topics."""

from typing import Final

from schemas import topics
from services.chassis.inbox import Subscription
from services.chassis.lifecycle import Process, Runtime, run
from services.scheduler.config import SchedulerSettings
from services.scheduler.handlers import Scheduler
from services.scheduler.messages import TIMED
from services.scheduler.worker import TimerLoop

SUBSCRIPTIONS: Final = (Subscription(topics.CONTRACTS_EVENTS, wanted=TIMED, ours=True),)
"""Not sequenced: every timed event carries the whole set, so the highest version is enough."""


def runtime() -> Runtime:
    """Return the scheduler, ready to run."""
    return Runtime(
        name="scheduler",
        settings=SchedulerSettings(),
        subscriptions=SUBSCRIPTIONS,
        service=Scheduler(),
        workers=(_timer_loop,),
    )


def _timer_loop(process: Process) -> TimerLoop:
    return TimerLoop(process.pool, announced=process.relay.wake)


if __name__ == "__main__":
    run(runtime())
