"""What the models' source says of each field.

Pydantic can read it too (``use_attribute_docstrings``), but does so for every model at import: more
than half of what each process needed to start, though only the publication asks.
"""

import ast
import inspect
from textwrap import dedent

from pydantic import BaseModel


def attribute_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return field name -> the string beneath its declaration, those of base classes included."""
    found: dict[str, str] = {}
    for declared in reversed(model.__mro__):
        if issubclass(declared, BaseModel) and declared is not BaseModel:
            found |= _of_one(declared)
    return found


def _of_one(model: type[BaseModel]) -> dict[str, str]:
    if model.__pydantic_generic_metadata__["origin"]:
        return {}  # A generic's alternative: its fields stand in the generic.
    (declaration,) = ast.parse(dedent(inspect.getsource(model))).body
    assert isinstance(declaration, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(said.value.value)
        for field, said in zip(declaration.body, declaration.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
        and isinstance(said.value.value, str)
    }
