"""YAML as a person writes it here: plain values only, and no key twice."""

from typing import Any

import yaml


def read_yaml(text: str) -> Any:
    """Return what ``text`` says; ValueError, in one line, where it is not YAML or says it twice."""
    try:
        # The loader below is the safe one.
        return yaml.load(text, _Loader)  # noqa: S506
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(" ".join(str(error).split())) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


class _Loader(yaml.SafeLoader):
    """YAML, where a key that stands twice is an error: the first would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key} stands twice", node.start_mark
                )
        return super().construct_mapping(node, deep)
