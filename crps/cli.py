"""The command line ``crps``: local stack, topics, migrations, demo, replay, show."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from crps import provision
from crps.addressing import Kafka, Postgres, addresses
from crps.bench.commands import bench
from crps.operate import dead_letters, republish
from crps.replay.commands import demo, replay
from crps.replay.cut import cut
from crps.show import contract
from crps.stack.commands import dev
from services.chassis.migrate import MigrationError

Answer = TypeVar("Answer")

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Chain receipt and payment (链收付): settle a deal between two parties who need not "
    "trust each other. Start with [bold]crps demo[/bold], or [bold]crps dev up[/bold].",
    rich_markup_mode="rich",
)
topics = typer.Typer(no_args_is_help=True, help="The topics of the broker.")
app.add_typer(dev, name="dev")
app.add_typer(topics, name="topics")
app.add_typer(contract, name="contract")
app.add_typer(bench, name="bench")
app.add_typer(dead_letters, name="dead-letters")
app.command()(demo)
app.command()(replay)
app.command()(republish)
app.command("replay-cut", hidden=True)(cut)

console = Console()


@topics.command("apply")
def apply_topics(
    kafka: Kafka = None,
    postgres: Postgres = None,
    partitions: Annotated[
        int, typer.Option(help="Of every topic, equal everywhere.")
    ] = provision.PARTITIONS,
    replication: Annotated[int, typer.Option(help="Replicas of each partition.")] = 1,
) -> None:
    """Create the topics that are missing, and check those that stand."""
    states = _run(
        provision.apply_topics(
            addresses(kafka, postgres).kafka, partitions=partitions, replication=replication
        )
    )
    table = Table("topic", "")
    for state in states:
        table.add_row(state.topic, "created" if state.created else "stands")
    console.print(table)


@app.command()
def migrate(kafka: Kafka = None, postgres: Postgres = None) -> None:
    """Bring every service's schema up to date, as its owner role."""
    done = _run(provision.apply_migrations(addresses(kafka, postgres).postgres))
    for service, applied in done.items():
        console.print(f"{service}: {', '.join(applied) if applied else 'up to date'}")


def _run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Do the work, or say in a line why it cannot be done and what then."""
    try:
        return asyncio.run(work)
    except provision.ProvisionError as error:
        _end(f"TOPICS_DIFFER: {error}")
    except MigrationError as error:
        _end(
            f"MIGRATION_REFUSED: {error}. What was applied is never edited; "
            "a local stack is made anew by deleting its state folder."
        )
    except (OSError, KafkaError) as error:
        _end(f"SERVER_UNREACHABLE: {error}. See crps dev status.")


def _end(why: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(why, markup=False)
    raise typer.Exit(1)
