"""``crps adjudicator rule``: rulings written in a file, signed by the adjudicator and submitted.

Outside the trust line: whoever holds the key that both parties named may sign the same record by
any other means. Whether a ruling counts the disputes service says in its answer.
"""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
import yaml
from aiokafka import AIOKafkaProducer
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, ValidationError

from crps.addressing import Kafka, broker
from crps.ending import end, run_or_end
from crps.proofs import environment_here, proof_header
from crps.prove import private_key
from crps.replay.messages import Outgoing
from crps.replay.signing import signed_headers
from crps.stack.upstream import KEY_VARIABLE, UPSTREAM_VARIABLE, Upstream
from schemas import topics
from schemas.contracts_v1 import TrancheName
from schemas.fields import MoneyField, Token
from schemas.values import written

RULE_TYPE: Final = "crps.ruling.submit.v1"

adjudicator = typer.Typer(no_args_is_help=True, help="For whoever was named to rule.")


class Ruling(BaseModel):
    """A line of the file: what the payee should end with, as a total over the tranche."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contract: UUID
    payee_total: MoneyField
    tranche: TrancheName | None = None
    id: Token | None = None
    """Of the command; by default it follows from the rest: a file sent twice counts once."""

    def record(self, party: str, key: OKPKey, upstream: Upstream, environment: str) -> Outgoing:
        """Return the record, signed by the adjudicator and vouched for by the upstream."""
        money = {"amount": str(self.payee_total.minor), "asset": self.payee_total.asset}
        data: dict[str, Any] = {"party": party, "payee_total": money}
        if self.tranche is not None:
            data["tranche"] = self.tranche
        told = json.dumps([str(self.contract), data], sort_keys=True)
        message_id = self.id or f"ruling-{hashlib.sha256(told.encode()).hexdigest()[:32]}"
        envelope = {
            "specversion": "1.0",
            "id": message_id,
            "source": upstream.id,
            "type": RULE_TYPE,
            "subject": str(self.contract),
            "time": written(datetime.now(UTC)),
            "data": data,
        }
        value = json.dumps(envelope).encode()
        headers = (
            *signed_headers(RULE_TYPE, value, upstream.id, upstream.key),
            *proof_header(value, key, environment),
        )
        topic = topics.DISPUTES_COMMANDS.name
        return Outgoing(topic, self.contract, message_id, value, headers)


class InvalidRulingsError(Exception):
    """The file holds no rulings; the text says where and why."""


def read_rulings(file: Path) -> list[Ruling]:
    """Return the rulings in ``file``, YAML or JSON: a list of mappings.

    Raises ``InvalidRulingsError``.
    """
    try:
        raw = yaml.safe_load(file.read_text("utf-8"))
        if not isinstance(raw, list) or not raw:
            raise InvalidRulingsError("a list of rulings is expected")
        return [Ruling.model_validate(each) for each in raw]
    except ValidationError as error:
        flaw = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, flaw["loc"]))
        raise InvalidRulingsError(f"{where}: {flaw['msg']}") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidRulingsError(" ".join(str(error).split())) from None


@adjudicator.command()
def rule(
    file: Annotated[Path, typer.Argument(help="Rulings: contract, tranche, payee_total.")],
    party: Annotated[str, typer.Option(help="The adjudicator, as the terms name it.")],
    key: Annotated[Path, typer.Option(help="Its private key, as `crps proof key` makes one.")],
    upstream: Annotated[str, typer.Option(envvar=UPSTREAM_VARIABLE, help="Whose contracts.")],
    upstream_key: Annotated[str, typer.Option(envvar=KEY_VARIABLE, help="Of its HMAC.")],
    kafka: Kafka = None,
) -> None:
    """Sign the rulings in FILE and submit them; see `crps dispute show` for what came of them."""
    try:
        rulings = read_rulings(file)
    except InvalidRulingsError as error:
        end(f"RULINGS_INVALID: {file}: {error}", code=2)
    vouching, signer = Upstream(upstream, upstream_key), private_key(key)
    records = [each.record(party, signer, vouching, environment_here()) for each in rulings]
    run_or_end(_submit(broker(kafka), records))
    for record in records:
        typer.echo(f"{record.contract_id} {record.id}")


async def _submit(bootstrap: str, records: list[Outgoing]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for record in records:
            await producer.send_and_wait(
                record.topic, record.value, record.key, headers=list(record.headers)
            )
    finally:
        await producer.stop()
