"""Composition root of the scheduler: settings, service, loop, and the table of its topics."""

from typing import Final

from schemas import topics
from services.chassis.inbox import Subscription
from services.chassis.lifecycle import Process, Runtime, run
from services.chassis.meters import SECONDS_BUCKETS
from services.scheduler.config import SchedulerSettings
from services.scheduler.handlers import Scheduler
from services.scheduler.messages import TIMED
from services.scheduler.worker import TimerLoop

SUBSCRIPTIONS: Final = (
    *(
        Subscription(topic, wanted=TIMED[topic.name], ours=True)
        for topic in (topics.CONTRACTS_EVENTS, topics.DISPUTES_EVENTS)
    ),
    Subscription(topics.SANDBOX_CLOCK),
)
"""Not sequenced: every timed event carries the whole set, so the highest version is enough."""


def runtime() -> Runtime:
    """Return the scheduler, ready to run."""
    return Runtime(
        name="scheduler",
        settings=SchedulerSettings.read(),
        subscriptions=SUBSCRIPTIONS,
        service=Scheduler(),
        workers=(timer_loop,),
    )


def timer_loop(process: Process) -> TimerLoop:
    """Return the loop that fires, its lateness measured."""
    lateness = process.meters.histogram(
        "crps_timer_lateness_seconds", "How long after its instant a timer fired.", SECONDS_BUCKETS
    )
    return TimerLoop(process.pool, announced=process.relay.wake, late=lateness.observe)


if __name__ == "__main__":
    run(runtime)
