"""What the broker is told, and how its jars arrive: whole or not at all."""

from pathlib import Path

import pytest

from crps.stack import kafka, kafka_jars
from crps.stack.errors import StackError
from crps.stack.ports import LOOPBACK, free_port


def test_properties_listen_on_loopback_only() -> None:
    text = kafka.render_properties(Path("/state/log"), kafka.Ports(20_001, 20_002))
    settings = dict(line.split("=", 1) for line in text.splitlines())
    assert settings["listeners"] == "PLAINTEXT://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002"
    assert settings["advertised.listeners"] == "PLAINTEXT://127.0.0.1:20001"
    assert settings["controller.quorum.bootstrap.servers"] == "127.0.0.1:20002"
    assert settings["auto.create.topics.enable"] == "false"
    assert settings["log.dirs"] == "/state/log"


def test_cluster_ids_are_new_and_never_look_like_an_option() -> None:
    ids = {kafka.new_cluster_id() for _ in range(500)}
    assert len(ids) == 500
    assert all(len(text) == 22 and not text.startswith("-") for text in ids)


async def test_a_closed_port_is_said_at_once() -> None:
    trouble = await kafka.probe(f"{LOOPBACK}:{free_port()}")
    assert trouble is not None
    assert "ConnectionRefusedError" in trouble


def _stand_in_maven(folder: Path, body: str) -> None:
    folder.mkdir()
    script = folder / "mvn"
    script.write_text(
        "#!/bin/sh\n"
        'for word; do case "$word" in -DoutputDirectory=*) out="${word#*=}";; esac; done\n' + body
    )
    script.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


async def test_jars_are_fetched_once(checkout: Path) -> None:
    _stand_in_maven(
        checkout / "bin", f'echo run >> "{checkout}/runs"; touch "$out/kafka_2.13-4.3.1.jar"\n'
    )
    first = await kafka_jars.kafka_jars()
    assert first == checkout / "var" / "lib" / "kafka-4.3.1"
    assert await kafka_jars.kafka_jars() == first
    assert (checkout / "runs").read_text() == "run\n"
    assert [path.name for path in first.iterdir()] == ["kafka_2.13-4.3.1.jar"]


@pytest.mark.parametrize("body", ["echo no route; exit 1\n", 'touch "$out/half.jar"\n'])
async def test_a_failed_fetch_leaves_nothing(checkout: Path, body: str) -> None:
    _stand_in_maven(checkout / "bin", body)
    with pytest.raises(StackError, match="KAFKA_FETCH_FAILED"):
        await kafka_jars.kafka_jars()
    assert list((checkout / "var" / "lib").iterdir()) == []


async def test_missing_maven_is_said_with_the_remedy(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    with pytest.raises(StackError, match="MAVEN_MISSING"):
        await kafka_jars.kafka_jars()
