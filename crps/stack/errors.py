"""What can go wrong with the local stack: one exception, with a code and the way out."""


class StackError(Exception):
    """The local stack cannot do what was asked.

    The text starts with a code (`JAVA_MISSING`), says what happened, and on the following lines
    what to do about it.
    """

    def __init__(self, code: str, what: str, *remedy: str) -> None:
        self.code = code
        super().__init__("\n".join([f"{code}: {what}", *(f"  {line}" for line in remedy)]))
