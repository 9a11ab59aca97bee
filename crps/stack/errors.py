"""What can go wrong with the servers: one exception, with a code and the way out."""


class StackError(Exception):
    """The servers cannot do what was asked.

    The text starts with a code (`JAVA_MISSING`), says what happened, and on the following lines
    what to do about it.
    """

    def __init__(self, code: str, what: str, *remedy: str) -> None:
        self.code = code
        self.what = what
        self.remedy = remedy
        super().__init__("\n".join([f"{code}: {what}", *(f"  {line}" for line in remedy)]))
