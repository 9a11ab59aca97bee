"""Says what is happening, each sentence with the seconds since the start."""

import time

from rich.console import Console


class Narrator:
    """Prints plain sentences on a console."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._started = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def say(self, sentence: str) -> None:
        """Print one sentence."""
        self.console.print(
            f"{self.elapsed_s:6.1f} s  {sentence}", markup=False, highlight=False, soft_wrap=True
        )
