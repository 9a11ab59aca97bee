"""One seed, one history: people and faults against the whole system in memory, judged each step."""

import random
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from crps.memory.log import Partition
from crps.memory.process import Crashed, ServiceProcess
from crps.memory.world import World
from schemas import topics
from services.chassis.partitioner import partition_of

from . import rerun, speech, story, wire
from .disputes import Docket
from .faults import PLANTED, Dressed, Faults, Judged, nothing
from .model import Case
from .said import Violation, demand
from .shown import brief, held, shown
from .watch import Watch
from .wire import Deal, Letter

START = datetime(2026, 3, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
SERVICES = ("contracts", "disputes", "ledger", "scheduler")


class Simulator:
    """Runs one seed; whatever breaks is a ``Violation`` with the steps that led there."""

    def __init__(self, seed: int, *, steps: int = 160) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.faults = Faults.drawn(self.rng)
        self.steps = steps
        self.log: list[str] = []
        self.judged = {name: Judged() for name in SERVICES}
        self.skews = self._draw_skews()
        self.world = World(
            seed=seed,
            start=START,
            upstream_keys=wire.KEYS,
            partitions=self.rng.choice((1, 3, 12)),
            skews=self.skews,
            ack=self.faults.ack,
            bend=self.faults.bend,
            dress=lambda name, service: Dressed(service, self.faults, self.judged[name]),
        )
        self.watch = Watch(self.world.log, wire.KEYS)
        drawn = [story.draw_deal(self.rng, START) for _ in range(self.rng.choice((1, 1, 2, 3)))]
        self.deals: list[Deal] = [deal for deal, _ in drawn]
        self.unwritten = [list(writers) for _, writers in drawn]
        self.sent: list[Letter] = []
        self.paused: dict[str, int] = {}
        self.starved: dict[str, tuple[str, int]] = {}
        """Service -> a topic of which it gets nothing for so many of its turns."""
        self.acts = 0
        for service in self.world.services.values():
            service.database.on_step = self._witness(service, nothing)

    def _draw_skews(self) -> dict[str, timedelta]:
        skews = {name: self.rng.choice((0, 0, 0, -15, 15)) * MILLISECOND for name in SERVICES}
        if self.rng.random() < 0.03:
            skews[self.rng.choice(("contracts", "disputes"))] = timedelta(milliseconds=-2_300)
        return skews

    async def run(self) -> None:
        """Live through all steps, then heal, run out, and stand the last judgement."""
        try:
            if self.rng.random() < 0.6:
                await self._take_effect()
            for _ in range(self.steps):
                await self._step()
                self.watch.look()
            await self._heal()
            self._at_rest()
            await rerun.expect_same(self.world, self.watch, self.judged["contracts"])
        except Exception as error:
            told = "\n".join(self.log[-60:])
            raise Violation(f"SEED={self.seed}: {error!r}\n{told}") from error

    async def _take_effect(self) -> None:
        """Bring the deals into effect in good order, so that the faults meet acts and disputes."""
        self._note("all goes well at first")
        was_on, self.faults.is_on = self.faults.is_on, False
        self._write_all()
        await self.world.rest()
        self.watch.look()
        for deal in self.deals:
            if self.rng.random() < 0.8:
                self.acts += 1
                now = self.world.clock()
                self._send(story.draw_opening(self.rng, deal, self._case(deal), self.acts, now))
        await self.world.rest()
        self.watch.look()
        self.faults.is_on = was_on

    # --- one step -------------------------------------------------------------------------------

    async def _step(self) -> None:
        actions: tuple[tuple[int, Callable[[], Any]], ...] = (
            (30, self._work),
            (16, self._relay),
            (5, self._fire),
            (9, self._bank),
            (4, self._attend),
            (8, self._everybody),
            (12, self._write),
            (20, self._act),
            (4, self._again),
            (6, self._forge),
            (6, self._advance),
            (2, self._pause),
            (3, self._starve),
            (2, self._restart),
            (3, self._rewind),
            (1, self._repair),
        )
        weights = [weight for weight, _ in actions]
        (_, action) = self.rng.choices(actions, weights)[0]
        outcome = action()
        if outcome is not None:
            await outcome

    def _service(self) -> ServiceProcess | None:
        name = self.rng.choice(SERVICES)
        if self.paused.get(name, 0) > 0:
            self.paused[name] -= 1
            return None
        return self.world.services[name]

    def _backlog(self, service: ServiceProcess) -> dict[Partition, int]:
        backlog = service.backlog()
        topic, turns = self.starved.get(service.name, ("", 0))
        if turns:
            self.starved[service.name] = topic, turns - 1
            return {p: count for p, count in backlog.items() if p[0] != topic}
        return backlog

    async def _work(self) -> None:
        service = self._service()
        if service is None or not (backlog := self._backlog(service)):
            return
        chosen = self.rng.sample(sorted(backlog), self.rng.randint(1, len(backlog)))
        counts = {p: self.rng.choice((1, backlog[p], self.rng.randint(1, backlog[p])))
                  for p in chosen}  # fmt: skip
        commit = not self.faults.strike("commit")
        self._note(f"{service.name} reads {shown(counts)}{'' if commit else ', no commit'}")
        await self._under_fire(service, service.consume(counts, commit=commit))

    async def _relay(self) -> None:
        service = self._service()
        if service is not None and service.unsent:
            self._note(f"{service.name} sends {service.unsent}")
            await self._under_fire(service, service.relay.round())

    async def _fire(self) -> None:
        self._note("the scheduler fires")
        scheduler = self.world.services["scheduler"]
        await self._under_fire(scheduler, scheduler.fire())

    async def _attend(self) -> None:
        service = self._service()
        if service is not None and len(service.database["held_record"]):
            self._note(f"{service.name} attends to {held(service)}")
            await self._under_fire(service, service.attend())

    async def _everybody(self) -> None:
        """Let everyone who is not paused do all there is to do, once."""
        for name, service in self.world.services.items():
            if self.paused.get(name, 0) > 0:
                continue
            self._note(f"{name} does all it can")
            if backlog := self._backlog(service):
                await self._under_fire(service, service.consume(backlog))
            if service.unsent:
                await self._under_fire(service, service.relay.round())
        self._bank()

    async def _under_fire(self, service: ServiceProcess, work: Coroutine[Any, Any, Any]) -> None:
        """Let a service work while its database may fail it, or its process die."""
        service.database.on_step = self._witness(service, self.faults.script())
        try:
            await work
        except Crashed:
            self._note(f"{service.name} dies")
            service.restart()
        except ConnectionResetError:
            # Outside a batch nothing retries: the loop dies, and its process with it.
            self._note(f"{service.name} loses its database, and dies")
            service.restart()
        finally:
            service.database.on_step = self._witness(service, nothing)
            for reason in held(service):
                self.faults.happened[f"hold {reason}"] += 1
                self.faults.happened[f"{service.name} holds {reason}"] += 1

    def _witness(
        self, service: ServiceProcess, script: Callable[[str], None]
    ) -> Callable[[str], None]:
        judged = self.judged[service.name]

        def step(name: str) -> None:
            if name == "begin":
                judged.begin()
            elif name == "committed":
                judged.commit()
            script(name)

        return step

    def _bank(self) -> None:
        backlog = self.world.bank.backlog()
        if not backlog:
            return
        counts = {p: self.rng.randint(1, n) for p, n in backlog.items()}
        crash_after = self.rng.randint(0, 2) if self.faults.strike("bank") else None
        self._note(f"the bank reads {shown(counts)}, {crash_after=}")
        self.world.bank.serve(counts, crash_after=crash_after)

    # --- people ---------------------------------------------------------------------------------

    def _write(self) -> None:
        waiting = [todo for todo in self.unwritten if todo]
        if waiting:
            self._send(self.rng.choice(waiting).pop(0)(self.world.clock()))

    def _write_all(self) -> None:
        for todo in self.unwritten:
            for writer in todo:
                self._send(writer(self.world.clock()))
            todo.clear()

    async def _act(self) -> None:
        ready = [d for d in self.deals if self._case(d).status == "EFFECTIVE"]
        if not ready and self.rng.random() < 0.8:
            return
        deal = self.rng.choice(ready or self.deals)
        if self.rng.random() < 0.15:
            self._to_an_edge(deal)
        self._say_something(deal)
        # Who is in dispute talks much.
        while self._is_contested(deal) and self.rng.random() < 0.75:
            await self._everybody()
            self.watch.look()
            self._say_something(deal)

    def _is_contested(self, deal: Deal) -> bool:
        now = self.world.clock()
        return bool(speech.contested(self._case(deal), self._docket(deal), now))

    def _say_something(self, deal: Deal) -> None:
        self.acts += 1
        case, docket, now = self._case(deal), self._docket(deal), self.world.clock()
        letter = speech.draw(self.rng, deal, case, docket, self.acts, now)
        chance = self.rng.random()
        if chance < 0.03:
            right = partition_of(letter.key, self.world.log.partitions)
            self._send(letter, (right + 1) % self.world.log.partitions)
        else:
            self._send(wire.unsigned(letter) if chance < 0.05 else letter)

    def _docket(self, deal: Deal) -> Docket:
        return self.watch.disputes.docket(str(deal.contract_id))

    def _case(self, deal: Deal) -> Case:
        return self.watch.contracts.case(str(deal.contract_id))

    def _again(self) -> None:
        if self.sent:
            self._send(self.rng.choice(self.sent))

    def _forge(self) -> None:
        deal = self.rng.choice(self.deals)
        if self.rng.random() < 0.2:
            self._to_an_edge(deal)
        case, docket = self._case(deal), self._docket(deal)
        self._send(story.draw_due(self.rng, deal, case, docket, self.world.clock()))

    def _send(self, letter: Letter, partition: int | None = None) -> None:
        record = self.world.log.append(
            letter.topic, letter.key, letter.value, letter.headers, partition
        )
        self.sent.append(letter)
        self._note(f"{letter.wire_type} {brief(letter)} at {record.topic}/{record.offset}")

    # --- time, and what else happens to machines ------------------------------------------------

    def _advance(self) -> None:
        if self.rng.random() < 0.2:
            self._to_an_edge(self.rng.choice(self.deals))
            return
        by = self.rng.choice((1, 1, 10, 10, 100, 100, 1_000, self.rng.randint(1, 10_000)))
        self.world.clock.advance(by * MILLISECOND)
        self._note(f"{by} ms pass")

    def _to_an_edge(self, deal: Deal) -> None:
        """Move to an instant at which something ends, or to just before or after it."""
        case = self._case(deal)
        edges = [t.deadline_at for t in case.tranches if t.deadline_at is not None and t.free]
        # Where it would have ended, had nobody moved it, nothing may end.
        edges += [t.first_deadline_at for t in case.tranches if t.free and t.generation > 1]
        for dispute in self._docket(deal).disputes.values():
            if not dispute.ending:
                edges += [dispute.deadline_at, dispute.due_at]
                edges += [p.expires_at for p in dispute.proposals.values() if not p.withdrawn]
        if not edges and self.rng.random() < 0.1:
            edges = [deal.offer_expires_at]
        if not edges:
            return
        # Mostly the next one, so that not all is over at once.
        edge = min(edges) if self.rng.random() < 0.8 else self.rng.choice(edges)
        edge += self.rng.choice((-1, 0, 0, 1)) * MILLISECOND
        if edge > self.world.clock():
            self.world.clock.advance_to(edge)
            self._note("to an edge")
            if self.rng.random() < 0.5:
                self._say_something(deal)  # Before anybody else comes, and the instant has passed.

    def _pause(self) -> None:
        name = self.rng.choice(SERVICES)
        self.paused[name] = self.rng.randint(3, 10)
        self._note(f"{name} pauses")

    def _starve(self) -> None:
        """Let one topic lag behind the others, as when its broker is slow."""
        service = self.world.services[self.rng.choice(SERVICES)]
        topic = self.rng.choice(service.wiring.subscriptions).topic.name
        turns = self.rng.randint(3, 20)
        if self.rng.random() < 0.4:
            # What is told of the end reaches contracts by another way, which is longer.
            service, turns = self.world.services["contracts"], 60
            topic = topics.DISPUTES_EVENTS.name
        self.starved[service.name] = topic, turns
        self._note(f"{service.name} gets nothing of {topic}")

    def _restart(self) -> None:
        service = self._service()
        if service is not None:
            self._note(f"{service.name} restarts")
            service.restart()

    def _rewind(self) -> None:
        service = self._service()
        if service is not None and self.faults.strike("rewind"):
            whole = self.rng.random() < 0.3
            back = {p: 0 if whole else max(0, o - self.rng.randint(1, 4))
                    for p, o in service.offsets.items()}  # fmt: skip
            self._note(f"{service.name} goes back to {shown(back)}")
            service.rewind(back)

    async def _repair(self) -> None:
        service = self._service()
        if service is not None:
            await service.retry_blocked()

    # --- the end --------------------------------------------------------------------------------

    async def _heal(self) -> None:
        self._note("--- no more faults")
        self.faults.is_on = False
        self._write_all()
        for service in self.world.services.values():
            await service.retry_blocked()
        await self.world.run_out()
        self.watch.look()

    def _at_rest(self) -> None:
        self.watch.at_rest(deadlines_are_past=True)
        known = {i for i, case in self.watch.contracts.cases.items() if case.status != "UNKNOWN"}
        said = {record.value for record in self.world.log.history}
        for service in self.world.services.values():
            unsaid = [r["event_id"] for r in service.database["journal"] if r["value"] not in said]
            demand(not unsaid, f"{service.name} decided and never said {unsaid}")
            demand(not service.unsent, f"{service.name} has not sent all it has to say")
            waiting = [(r["contract_id"], r["reason"]) for r in service.database["held_record"]
                    if str(r["contract_id"]) in known or r["reason"] != "unregistered"]  # fmt: skip
            demand(not waiting, f"{service.name} still holds {waiting}")
            for letter in service.database["dead_letter"]:
                failed = letter["code"] in {"DECISION_FAILED", "WRITE_FAILED", "SCHEMA_INVALID"}
                demand(not failed or PLANTED in letter["detail"],
                       f"{service.name}: {letter['code']} {letter['detail']}")  # fmt: skip
        timers = list(self.world.services["scheduler"].database["timer"])
        demand(not timers, f"timers are left: {timers}")

    def _note(self, what: str) -> None:
        at = (self.world.clock() - START) // MILLISECOND
        self.log.append(f"{at:>8} ms  {what}")

    @property
    def happened(self) -> Counter[str]:
        """What this seed has seen, for the test of the generator itself."""
        return self.faults.happened
