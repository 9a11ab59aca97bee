"""How each service is put together in memory: the table of its composition root, minus the I/O."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from crps.memory.chassis_tables import add_chassis
from crps.memory.contracts_tables import add_contracts
from crps.memory.database import Database, MemoryPool
from crps.memory.disputes_tables import add_disputes
from crps.memory.ledger_tables import add_ledger
from crps.memory.process import Wiring
from crps.memory.scheduler_tables import add_scheduler
from services.contracts.app import SUBSCRIPTIONS as CONTRACTS
from services.contracts.handlers import Contracts
from services.disputes.app import SUBSCRIPTIONS as DISPUTES
from services.disputes.handlers import Disputes
from services.ledger.app import SUBSCRIPTIONS as LEDGER
from services.ledger.handlers import Ledger
from services.scheduler.app import SUBSCRIPTIONS as SCHEDULER
from services.scheduler.handlers import Scheduler
from services.scheduler.worker import TimerLoop

EXECUTION_WINDOW: Final = timedelta(hours=24)


def wirings(new_uetr: Callable[[], UUID]) -> Sequence[Wiring]:
    """Return all four services; ``new_uetr`` gives the ids that production draws at random."""
    return (
        Wiring("contracts", CONTRACTS, Contracts, _with(add_contracts)),
        Wiring(
            "ledger",
            LEDGER,
            lambda: Ledger(execution_window=EXECUTION_WINDOW, new_uetr=new_uetr),
            _with(add_ledger),
        ),
        Wiring("scheduler", SCHEDULER, Scheduler, _with(add_scheduler), _fire),
        Wiring("disputes", DISPUTES, Disputes, _with(add_disputes)),
    )


def _with(add: Callable[[Database], None]) -> Callable[[Database], None]:
    def add_both(db: Database) -> None:
        add_chassis(db)
        add(db)

    return add_both


async def _fire(pool: MemoryPool) -> None:
    stand_in: Any = pool
    await TimerLoop(stand_in, announced=lambda: None).run_once()
