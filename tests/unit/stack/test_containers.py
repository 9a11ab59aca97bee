"""When containers cannot be had, it is said in a line what is missing."""

from types import SimpleNamespace

import pytest
from docker.errors import APIError, ImageNotFound

from crps.stack import containers
from crps.stack.containers import check_containers
from crps.stack.errors import StackError


class Engine:
    """An engine that holds some images and can pull others."""

    def __init__(self, url: str, there: set[str], elsewhere: set[str]) -> None:
        self.api = SimpleNamespace(base_url=url)
        self.images = self
        self.there = there
        self.elsewhere = elsewhere
        self.closed = False

    def get(self, image: str) -> None:
        if image not in self.there:
            raise ImageNotFound(image)

    def pull(self, image: str) -> None:
        if image not in self.elsewhere:
            raise APIError("500 Server Error", explanation="dial tcp:\nno such host")
        self.there.add(image)

    def close(self) -> None:
        self.closed = True


IMAGES = {"postgres:18", "apache/kafka:4.3.1"}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine("http+docker://localhost", set(), set(IMAGES))
    monkeypatch.setattr(containers, "DockerClient", lambda: SimpleNamespace(client=engine))
    return engine


def test_images_that_are_missing_are_pulled(engine: Engine) -> None:
    engine.there.add("postgres:18")
    engine.elsewhere.discard("postgres:18")
    check_containers()
    assert engine.there == IMAGES
    assert engine.closed


@pytest.mark.parametrize("image", sorted(IMAGES))
def test_an_image_that_cannot_be_pulled_is_named(engine: Engine, image: str) -> None:
    engine.elsewhere.discard(image)
    with pytest.raises(StackError) as caught:
        check_containers()
    assert caught.value.code == "CONTAINERS_UNAVAILABLE"
    assert caught.value.what == f"the image {image} is not there: dial tcp: no such host"
    assert engine.closed


def test_an_engine_on_another_machine_is_passed_over(engine: Engine) -> None:
    engine.api.base_url = "http://builder:2375"
    with pytest.raises(StackError, match="the Docker engine is on another machine, builder"):
        check_containers()
    assert engine.closed


def test_no_engine_at_all_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'no.sock'}")
    with pytest.raises(StackError, match="CONTAINERS_UNAVAILABLE: no Docker engine answers"):
        check_containers()
