"""`crps schemas` writes, checks and compares, and says in one line what is wrong."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from crps.language import publication
from crps.language.commands import schemas

ROOT = Path(__file__).parents[3]
RELEASE = "schemas/json/crps.funds.release.v1.json"
CLOSED = "schemas/json/crps.contract.closed.v1.json"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with its golden samples, and everything exported."""
    root = tmp_path_factory.mktemp("published")
    shutil.copytree(ROOT / "schemas" / "samples", root / "schemas" / "samples")
    publication.export(root)
    return root


@pytest.fixture
def root(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "repository"))


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(schemas, [*arguments, "--root", str(root)])


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    schema = json.loads(path.read_bytes())
    change(schema)
    path.write_text(json.dumps(schema))


def test_what_was_exported_is_current_and_nothing_changed(root: Path) -> None:
    assert run(root, "check").exit_code == 0
    assert run(root, "diff").output == "Nothing changed.\n"
    assert run(root, "export").output == "Everything is current.\n"


def test_every_file_that_is_not_as_it_should_be_is_named(root: Path) -> None:
    (root / CLOSED).unlink()
    (root / "schemas/json/crps.money.taken.v1.json").write_text("{}")
    rewrite(root / RELEASE, lambda schema: schema.update(description="Other words."))
    result = run(root, "check")
    assert result.exit_code == 1
    assert f"MISSING {CLOSED}: not exported yet" in result.output
    assert "SUPERFLUOUS schemas/json/crps.money.taken.v1.json: breaking" in result.output
    assert f"STALE {RELEASE}: in words only" in result.output
    assert run(root, "export").exit_code == 0
    assert run(root, "check").exit_code == 0


def test_a_stale_file_is_said_to_break_or_not(root: Path) -> None:
    # As if the party had been optional once, and the payer's sum named otherwise.
    rewrite(root / RELEASE, lambda s: s["$defs"]["MoveFunds"]["required"].remove("party"))
    rewrite(root / CLOSED, lambda s: s["$defs"]["ContractClosed"]["properties"].pop("payer"))
    output = run(root, "check").output
    assert f"STALE {RELEASE}: breaking: crps.funds.release.v1 $.data.party required now" in output
    assert f"STALE {CLOSED}: compatible" in output


def test_a_sample_that_is_not_read_any_more_is_named(root: Path) -> None:
    sample = root / "schemas/samples/crps.contract.closed.v1.json"
    rewrite(sample, lambda message: message["data"].pop("asset"))
    result = run(root, "check")
    assert result.exit_code == 1
    assert (
        "SAMPLE_BROKEN schemas/samples/crps.contract.closed.v1.json: on crps.contracts.events.v1:"
        " data.asset: Field required" in result.output
    )


@pytest.mark.parametrize("command", ["export", "check", "diff"])
@pytest.mark.parametrize(("content", "code"), [(None, "SAMPLE_MISSING"), ("{", "SAMPLE_INVALID")])
def test_without_its_samples_nothing_can_be_published(
    root: Path, command: str, content: str | None, code: str
) -> None:
    sample = root / "schemas/samples/crps.contract.closed.v1.json"
    sample.unlink()
    if content is not None:
        sample.write_text(content)
    _is_one_line(run(root, command), code)


def test_a_difference_that_breaks_is_shown_with_its_reason_and_fails(root: Path) -> None:
    rewrite(root / RELEASE, lambda s: s["$defs"]["MoveFunds"]["required"].remove("party"))
    result = run(root, "diff")
    assert result.exit_code == 1
    for word in ("$.data.party", "required now", "breaking", "refused"):
        assert word in result.output


def test_a_difference_that_breaks_nobody_is_shown_and_passes(root: Path) -> None:
    rewrite(root / CLOSED, lambda s: s["$defs"]["ContractClosed"]["properties"].pop("payer"))
    rewrite(root / CLOSED, lambda s: s["$defs"]["ContractClosed"]["required"].remove("payer"))
    result = run(root, "diff")
    assert result.exit_code == 0
    assert "compatible" in result.output
    assert "breaking" not in result.output


def test_a_folder_and_a_revision_can_be_compared_with(root: Path) -> None:
    _git(root, "init", "--quiet")
    _git(root, "add", "schemas")
    _git(root, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "Published")
    rewrite(root / RELEASE, lambda s: s["$defs"]["MoveFunds"]["required"].remove("party"))
    assert run(root, "diff", "--against", "HEAD").output == "Nothing changed.\n"
    assert "required now" in run(root, "diff", "--against", str(root / "schemas")).output


def test_a_revision_that_published_nothing_is_said_to(root: Path) -> None:
    _git(root, "init", "--quiet")
    _git(root, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--allow-empty",
         "-m", "Nothing")  # fmt: skip
    _is_one_line(run(root, "diff", "--against", "HEAD"), "NOTHING_PUBLISHED")


@pytest.mark.parametrize("against", ["no-such-revision", "--output=x"])
def test_what_is_neither_a_folder_nor_a_revision_is_refused(root: Path, against: str) -> None:
    _git(root, "init", "--quiet")
    _is_one_line(run(root, "diff", f"--against={against}"), "AGAINST_UNKNOWN")


def test_a_folder_that_holds_no_publication_is_refused(root: Path) -> None:
    _is_one_line(run(root, "diff", "--against", str(root)), "NOTHING_PUBLISHED")


@pytest.mark.parametrize("content", ["not json", "[]", '{"channels": {"t": {}}}'])
def test_a_publication_that_somebody_broke_is_refused(root: Path, content: str) -> None:
    (root / "schemas/asyncapi.json").write_text(content)
    _is_one_line(run(root, "diff"), "PUBLICATION_UNREADABLE")


def test_without_git_a_revision_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    _is_one_line(run(root, "diff", "--against", "HEAD"), "GIT_MISSING")


def _is_one_line(result: Result, code: str) -> None:
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{code}: ")
    assert result.stderr.count("\n") == 1


def _git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True)
