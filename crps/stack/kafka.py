"""A real Apache Kafka broker on this machine: one node, KRaft, loopback only.

It owns the broker's folder and process. The properties differ from Kafka's defaults only where
one node or a short start needs it; topics are provisioned elsewhere and never made by accident.
"""

import asyncio
import base64
import contextlib
import logging
import shutil
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import KafkaError

from crps.stack import process
from crps.stack.errors import StackError
from crps.stack.home import Home
from crps.stack.java import find_java
from crps.stack.kafka_jars import kafka_jars
from crps.stack.ports import LOOPBACK
from crps.stack.starting import wait_until_ready

NAME = "kafka"

_PROBE_TIMEOUT_S = 5.0
_STOP_TIMEOUT_S = 20.0

# A small machine shares its two cores with the services: no parallel collector, half a gigabyte.
HEAP = "-Xmx512m"
JVM = ("-XX:+UseSerialGC", "-Djava.awt.headless=true")
_JVM_SHORT = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)

# Replication is 1 everywhere: there is one node.
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
}


@dataclass(frozen=True, slots=True)
class Ports:
    """The broker's two listeners: for clients, and for its own controller."""

    client: int
    controller: int


async def start(home: Home, ports: Ports, *, tied: bool) -> None:
    """Start the broker and return once it answers. `tied`: it dies with this process.

    Raises `StackError`: what `find_java` and `kafka_jars` raise, `KAFKA_FORMAT_FAILED`,
    `KAFKA_DIED`, `KAFKA_NOT_READY`.
    """
    java = await find_java()
    classpath = f"{await kafka_jars()}/*"
    properties = home.kafka / "server.properties"
    properties.write_text(render_properties(home.kafka / "log", ports))
    await _format_once(home, java, classpath, properties)
    what = process.Launch(
        name=NAME,
        argv=[
            *(java, HEAP, *JVM, *_LOGGING, f"-Dkafka.logs.dir={home.logs}"),
            *("-cp", classpath, "kafka.Kafka", str(properties)),
        ],
        cwd=home.kafka,
        death_signal=signal.SIGKILL if tied else None,
    )
    running = process.launch(home, what)
    address = f"{LOOPBACK}:{ports.client}"
    await wait_until_ready(process.starting(home, NAME, running, lambda: probe(address)))


async def stop(home: Home) -> bool:
    """Stop the broker cleanly. False if it did not run."""
    return await process.stop(home, NAME, timeout_s=_STOP_TIMEOUT_S)


def render_properties(log_folder: Path, ports: Ports) -> str:
    """Return the broker's properties as its file has them."""
    settings = {
        **SETTINGS,
        **listeners(ports, bind=LOOPBACK),
        "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{ports.controller}",
        "log.dirs": str(log_folder),
    }
    # A properties file reads a backslash as an escape; nothing else in a path needs one here.
    return "".join(f"{key}={value}\n".replace("\\", "\\\\") for key, value in settings.items())


def listeners(ports: Ports, *, bind: str) -> dict[str, str]:
    """Return the properties that say where the broker listens, and where its clients find it.

    They find it on the loopback address; `bind` is the address that it binds, empty for all.
    """
    clients = f"PLAINTEXT://{bind}:{ports.client}"
    return {
        "listeners": f"{clients},CONTROLLER://{LOOPBACK}:{ports.controller}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{ports.client}",
    }


async def _format_once(home: Home, java: str, classpath: str, properties: Path) -> None:
    done = home.kafka / "formatted"
    if done.is_file():
        return
    # What an interrupted formatting left behind holds no message yet.
    shutil.rmtree(home.kafka / "log", ignore_errors=True)
    formatter = await asyncio.create_subprocess_exec(
        *(java, *_JVM_SHORT, *_LOGGING, "-cp", classpath, "kafka.tools.StorageTool", "format"),
        *("--standalone", "-t", new_cluster_id(), "-c", str(properties)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await formatter.communicate()
    except asyncio.CancelledError:
        formatter.kill()
        await formatter.wait()
        raise
    if formatter.returncode != 0:
        last = output.decode(errors="replace").splitlines()[-15:]
        raise StackError("KAFKA_FORMAT_FAILED", f"cannot format {home.kafka}", *last)
    done.touch()


def new_cluster_id() -> str:
    """Return a random cluster id: 16 bytes in 22 URL-safe characters, not starting with `-`.

    A leading dash would be read as an option by the broker's own tools.
    """
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


async def probe(address: str) -> str | None:
    """Ask the broker for metadata and a group coordinator. `None` if it answers, else why not."""
    # A connection of our own first: the client's takes longer to say that a port is closed.
    host, _, port = address.split(",")[0].rpartition(":")
    try:
        async with asyncio.timeout(_PROBE_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
            await writer.wait_closed()
            await _ask(address)
    except TimeoutError:
        return f"no answer within {_PROBE_TIMEOUT_S:.0f} s"
    except (OSError, KafkaError) as error:
        return f"{type(error).__name__}: {error}"
    return None


async def _ask(bootstrap: str) -> None:
    client = AIOKafkaClient(bootstrap_servers=bootstrap, client_id="crps-stack-probe")
    with _quiet("aiokafka"):
        try:
            await client.bootstrap()
            await client.coordinator_lookup(CoordinationType.GROUP, "crps-stack-probe")
        finally:
            await client.close()


@contextlib.contextmanager
def _quiet(logger_name: str) -> Iterator[None]:
    logger = logging.getLogger(logger_name)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
