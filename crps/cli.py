"""The command line ``crps``: local stack, topics, migrations, demo, replay, show."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from crps import provision
from crps.addressing import Kafka, Postgres, broker, database
from crps.adjudicator import adjudicator
from crps.bench.commands import bench
from crps.calendars.commands import calendar
from crps.clock.commands import clock
from crps.dispute import dispute
from crps.ending import end, run_or_end
from crps.explain import explain
from crps.language.commands import schemas
from crps.listing import list_contracts
from crps.operate import dead_letters, republish
from crps.passwords import PasswordError, given_passwords
from crps.preview.commands import preview
from crps.preview.outlook import outlook
from crps.prove import proof
from crps.rails import rail
from crps.replay.commands import demo, replay
from crps.replay.cut import cut
from crps.scenario.commands import scenario
from crps.serve import serve
from crps.show import contract
from crps.stack.commands import dev
from crps.terms.commands import terms

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
contract.command("list")(list_contracts)
contract.command()(outlook)
contract.command()(explain)
app.add_typer(contract, name="contract")
app.add_typer(dispute, name="dispute")
app.add_typer(adjudicator, name="adjudicator")
app.add_typer(bench, name="bench")
app.add_typer(calendar, name="calendar")
app.add_typer(clock, name="clock")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(rail, name="rail")
app.add_typer(schemas, name="schemas")
app.add_typer(scenario, name="scenario")
app.add_typer(proof, name="proof")
app.add_typer(terms, name="terms")
dev.command()(serve)
app.command()(demo)
app.command()(replay)
app.command()(republish)
app.command()(preview)
app.command("replay-cut", hidden=True)(cut)

console = Console()


@topics.command("apply")
def apply_topics(
    kafka: Kafka = None,
    partitions: Annotated[
        int, typer.Option(help="Of every topic, equal everywhere.")
    ] = provision.PARTITIONS,
    replication: Annotated[int, typer.Option(help="Replicas of each partition.")] = 1,
    environment: Annotated[
        str, typer.Option(envvar="CRPS_ENVIRONMENT", help="Name of the system.")
    ] = "sandbox",
) -> None:
    """Create the topics that are missing, and check those that stand."""
    states = run_or_end(
        provision.apply_topics(
            broker(kafka),
            partitions=partitions,
            replication=replication,
            environment=environment,
        )
    )
    table = Table("topic", "")
    for state in states:
        table.add_row(state.topic, "created" if state.created else "stands")
    console.print(table)


@app.command()
def migrate(postgres: Postgres = None) -> None:
    """Bring every service's schema up to date, as its owner role.

    A service's role gets the password in CRPS_<SERVICE>_POSTGRES_PASSWORD, where that is set.
    """
    try:
        passwords = given_passwords()
    except PasswordError as error:
        end(f"PASSWORD_UNUSABLE: {error}")
    done = run_or_end(provision.apply_migrations(database(postgres), passwords))
    for service, applied in done.items():
        console.print(f"{service}: {', '.join(applied) if applied else 'up to date'}")
