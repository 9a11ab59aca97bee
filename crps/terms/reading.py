"""Reads a file of terms: a JSON document, or YAML of the same shape."""

import json
import sys
from pathlib import Path

from crps.yaml_text import read_yaml
from services.chassis.documents import Document, read_document


class UnreadableTermsError(Exception):
    """The file holds no document; the text says why, in one line."""


def read_file(file: Path) -> Document:
    """Return the document in ``file``, ``-`` being the standard input.

    Raises ``UnreadableTermsError`` where there is none.
    """
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return read_bytes(raw)
    except OSError as error:
        raise UnreadableTermsError(str(error)) from None


def read_bytes(raw: bytes) -> Document:
    """Return the document that ``raw`` is: JSON if it begins with a brace, else YAML."""
    try:
        if not raw.lstrip().startswith(b"{"):
            said = read_yaml(raw.decode())
            if not isinstance(said, dict):
                raise ValueError("terms are a mapping: version, payer, payee, asset and more")
            # What YAML can say beyond JSON, such as a date, nobody could sign.
            raw = json.dumps(said).encode()
        return read_document(raw)
    except RecursionError:
        raise UnreadableTermsError("it is nested too deeply") from None
    except (ValueError, TypeError) as error:
        raise UnreadableTermsError(" ".join(str(error).split())) from None
