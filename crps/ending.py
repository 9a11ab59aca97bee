"""How a command does its work, and how it ends when that cannot be done: in a line, with a code."""

import asyncio
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import asyncpg
import typer
from aiokafka.errors import KafkaError
from rich.console import Console

from crps.provision import ProvisionError
from crps.stack.errors import StackError
from services.chassis.migrate import MigrationError

Answer = TypeVar("Answer")


def run_or_end(work: Coroutine[Any, Any, Answer], code: int = 1) -> Answer:
    """Do the work; where it cannot be done, say why and what then, and end with this exit code."""
    try:
        return asyncio.run(work)
    except StackError as error:
        end(str(error), code)
    except ProvisionError as error:
        end(f"TOPICS_DIFFER: {error}", code)
    except MigrationError as error:
        end(
            f"MIGRATION_REFUSED: {error}. What was applied is never edited; "
            "a local stack is made anew by deleting its state folder.",
            code,
        )
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError) as error:
        end(f"NOT_MIGRATED: {error}. Run crps migrate.", code)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        end(f"DATABASE_REFUSED: {error}", code)
    except (OSError, KafkaError) as error:
        end(f"SERVER_UNREACHABLE: {error}. See crps dev status.", code)


def end(why: str, code: int = 1) -> NoReturn:
    """Say why and end with this exit code."""
    Console(stderr=True, soft_wrap=True).print(why, markup=False, highlight=False)
    raise typer.Exit(code)
