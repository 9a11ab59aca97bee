"""The published language of CRP-S: values, envelope, topics and messages, one module per area.

Partners read and write these shapes, so they only ever grow. Within a major version a field may
be added but never removed, renamed or given another meaning; readers of events ignore what they
do not know, commands forbid it. A break is a new type (``.v2``) written beside the old one. Every
released message keeps a golden sample under ``samples/`` that must parse for ever.

For readers outside Python the same is written to ``json/`` and ``asyncapi.json``, by ``crps schemas
export``.

Nothing here imports more than pydantic and the standard library.
"""
