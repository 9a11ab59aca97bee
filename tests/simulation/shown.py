"""What happened, in the few words of a simulation's log."""

from collections import Counter

from crps.memory.process import ServiceProcess

from .wire import Letter


def shown(counts: dict[tuple[str, int], int]) -> str:
    return ", ".join(f"{topic.split('.')[1]}.{topic.split('.')[2]}/{number}: {count}"
                     for (topic, number), count in sorted(counts.items()))  # fmt: skip


def held(service: ServiceProcess) -> dict[str, int]:
    return dict(Counter(row["reason"] for row in service.database["held_record"]))


def brief(letter: Letter) -> str:
    text = letter.value.decode()
    data = text[text.index('"data":') + 8 :]
    return f"{str(letter.contract_id)[:8]} {data[:160]}"
