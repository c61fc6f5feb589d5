"""Numbers and tables as text."""


def duration(ns: float | None) -> str:
    """A time with three digits, in the unit that suits it."""
    if ns is None:
        return "–"
    for unit, size in [("s", 1e9), ("ms", 1e6), ("µs", 1e3)]:
        if ns >= size:
            return f"{digits(ns / size)} {unit}"
    return f"{digits(ns)} ns"


def digits(value: float) -> str:
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def times(value: float | None) -> str:
    """A ratio."""
    return "–" if value is None else f"{digits(value)} ×"


def ratio(over: float | None, under: float | None) -> float | None:
    return over / under if over and under else None


def size(count: float | None) -> str:
    """Bytes in units of a thousand; `–` where there are none."""
    if not count:
        return "–"
    return f"{digits(count / 1e6)} MB" if count >= 1e6 else f"{digits(count / 1e3)} kB"


def table(head: list, rows: list) -> str:
    """A Markdown table: the first column is text, the others are numbers."""
    lines = [head, ["---", *["---:" for _ in head[1:]]], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def compared(ns: float | None, ours: float | None) -> str:
    """A time, and how many times ours it is."""
    return "–" if ns is None else f"{duration(ns)} ({times(ratio(ns, ours))})"
