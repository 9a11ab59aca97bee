"""The driver as a process of its own: ``python -m crps.bench.driver``, told what to do by stdin.

One JSON object a line. ``{"prepare": N, ...}`` makes and signs the records, ``{"run": RATE}``
plays them and answers with the timings. It ends when its stdin does.
"""

import asyncio
import gc
import json
import sys
from dataclasses import asdict
from typing import Any

import uvloop

from crps.bench.deals import Deal, deals
from crps.bench.traffic import Traffic
from crps.stack.upstream import Upstream


async def _serve() -> None:
    prepared: list[Deal] = []
    bootstrap = ""
    while line := await asyncio.to_thread(sys.stdin.readline):
        job = json.loads(line)
        if "prepare" in job:
            bootstrap = job["kafka"]
            upstream = Upstream(job["upstream"], job["key"])
            prepared = list(deals(upstream, job["tag"], job["prepare"]))
            gc.collect()
            # The prepared records are no garbage: the collector need not look at them again.
            gc.freeze()
            _answer({"prepared": len(prepared)})
        else:
            timings = await Traffic(bootstrap, prepared).run(job["run"])
            prepared = []
            _answer(asdict(timings))


def _answer(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(_serve())
