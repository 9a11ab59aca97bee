"""docker-compose.yml: the same system as the local stack's, closed to the outside, no secret."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from crps.stack import kafka, postgres
from crps.stack.env_file import write_env_file
from crps.stack.kafka_jars import KAFKA_VERSION
from crps.stack.services import PROGRAMS, variable
from schemas.topics import SERVICES

from .sources import ROOT, text

FILE = ROOT / "docker-compose.yml"
COMPOSE = yaml.safe_load(text(FILE))
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
JOBS = ("topics", "migrate")
OURS = (*PROGRAMS, *JOBS)
WANTED = re.compile(r"\$\{(\w+):\?run make \.env\}")
SECRET = re.compile(r"_KEYS?$|PASSWORD$|_POSTGRES$")

SYSTEM = "${CRPS_ENVIRONMENT:-sandbox}"
"""What the system is called: no secret."""


def environment(name: str) -> dict[str, str]:
    return {key: str(value) for key, value in CONTAINERS[name].get("environment", {}).items()}


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    write_env_file(tmp_path / ".env")
    return tmp_path / ".env"


def test_every_process_of_the_system_is_there_and_nothing_else() -> None:
    assert set(CONTAINERS) == {"kafka", "postgres", *OURS}
    modules = {name: CONTAINERS[name]["command"][-1] for name in PROGRAMS}
    assert modules == {name: program.module for name, program in PROGRAMS.items()}


def test_images_are_the_public_ones_and_one_of_ours() -> None:
    version = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["version"]
    assert CONTAINERS["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"
    assert CONTAINERS["postgres"]["image"] == "postgres:18"
    assert {CONTAINERS[name]["image"] for name in OURS} == {f"crps:{version}"}
    assert [name for name in CONTAINERS if "build" in CONTAINERS[name]] == ["topics"]


@pytest.mark.parametrize("name", [name for name in CONTAINERS if name not in JOBS])
def test_a_port_is_published_on_this_machine_only_and_stands_in_the_env_file(
    name: str, env_file: Path
) -> None:
    (port,) = CONTAINERS[name]["ports"]
    server = name in ("kafka", "postgres")
    setting = variable(name, "PORT" if server else "HEALTH_PORT")
    assert port.startswith(f"127.0.0.1:${{{setting}:?run make .env}}:")
    assert (dotenv_values(env_file)[setting] or "").isdigit()


def test_state_is_in_volumes_with_names_where_the_images_keep_it() -> None:
    assert CONTAINERS["kafka"]["volumes"] == ["kafka:/var/lib/kafka/data"]
    assert environment("kafka")["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"
    # The image of PostgreSQL 18 refuses a volume any deeper.
    assert CONTAINERS["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]
    assert set(COMPOSE["volumes"]) == {"kafka", "postgres"}


def test_every_secret_comes_from_the_env_file_and_a_missing_one_says_what_to_do(
    env_file: Path,
) -> None:
    given = set(dotenv_values(env_file))
    told = text(FILE).replace(SYSTEM, "")
    assert told.count("${") == len(WANTED.findall(told))
    assert set(WANTED.findall(text(FILE))) <= given
    secrets = [
        value
        for name in CONTAINERS
        for key, value in environment(name).items()
        if SECRET.search(key)
    ]
    assert len(secrets) >= 2 * len(SERVICES) + 2
    assert all(WANTED.search(value) for value in secrets)


@pytest.mark.parametrize("name", [*SERVICES, "topics"])
def test_all_are_told_the_one_name_of_the_system(name: str) -> None:
    assert environment(name)["CRPS_ENVIRONMENT"] == SYSTEM


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_service_knows_no_secret_but_its_own(name: str) -> None:
    known = set(WANTED.findall(str(CONTAINERS[name]["environment"])))
    own = {variable(name, "POSTGRES_PASSWORD")} if PROGRAMS[name].has_schema else set()
    upstreams = (
        {"CRPS_UPSTREAM", "CRPS_UPSTREAM_KEY", "CRPS_CLOCK_KEY"}
        if name in ("contracts", "disputes")
        else set()
    )
    assert known == own | upstreams


@pytest.mark.parametrize("name", OURS)
def test_what_is_ours_may_do_no_more_than_it_needs(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "user", "cap_add", "volumes", "network_mode"} & set(container)


def test_the_image_runs_as_a_user_with_a_fixed_number() -> None:
    lines = text(ROOT / "Dockerfile").splitlines()
    assert re.fullmatch(r"USER [1-9]\d+:[1-9]\d+", [line for line in lines if "USER" in line][-1])


def test_what_starts_waits_for_what_it_needs() -> None:
    conditions = {
        name: {need: how["condition"] for need, how in container.get("depends_on", {}).items()}
        for name, container in CONTAINERS.items()
    }
    done = "service_completed_successfully"
    assert conditions["topics"] == {"kafka": "service_healthy"}
    assert conditions["migrate"] == {"postgres": "service_healthy"}
    assert conditions["sandbox-bank"] == {"topics": done}
    assert all(conditions[name] == {"topics": done, "migrate": done} for name in SERVICES)


@pytest.mark.parametrize("name", [name for name in CONTAINERS if name not in JOBS])
def test_what_serves_comes_back_and_says_how_it_is(name: str) -> None:
    assert CONTAINERS[name]["restart"] == "unless-stopped"
    assert CONTAINERS[name]["healthcheck"]["test"][0] == "CMD"


def test_the_broker_is_set_as_the_local_one() -> None:
    wanted = {f"KAFKA_{k.upper().replace('.', '_')}": v for k, v in kafka.SETTINGS.items()}
    given = environment("kafka")
    assert wanted.items() <= given.items()
    assert given["KAFKA_HEAP_OPTS"] == kafka.HEAP
    assert given["KAFKA_JVM_PERFORMANCE_OPTS"].split() == list(kafka.JVM)


def test_the_database_is_set_as_the_local_one() -> None:
    given = dict(re.findall(r"-c (\S+)=(\S+)", CONTAINERS["postgres"]["command"]))
    assert given == postgres.SETTINGS
    assert environment("postgres")["POSTGRES_DB"] == postgres.DATABASE
    wanted = set(postgres.initdb_options(18)) - {"--no-sync"}
    assert set(environment("postgres")["POSTGRES_INITDB_ARGS"].split()) == wanted


def compose(*arguments: str) -> "subprocess.CompletedProcess[str]":
    if shutil.which("docker") is None or docker("compose", "version").returncode != 0:
        pytest.skip("no docker compose on this machine")
    return docker("compose", "--file", str(FILE), *arguments)


def docker(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["docker", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_docker_compose_accepts_it_with_the_env_file_that_we_make(env_file: Path) -> None:
    result = compose("--env-file", str(env_file), "config", "--quiet")
    assert (result.returncode, result.stderr) == (0, "")


def test_without_an_env_file_it_says_how_to_make_one(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    result = compose("--env-file", str(empty), "config", "--quiet")
    assert result.returncode != 0
    assert "is missing a value: run make .env" in result.stderr
