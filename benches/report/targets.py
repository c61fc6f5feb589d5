"""What the project aims at, and whether it was reached."""

from dataclasses import dataclass
from statistics import median

from text import ratio, times

FEW, MANY = "10", "10000"
WAYS = {"own": "from its own input", "claims": "from parsed claims", "text": "from the claims' text"}
# The shapes that the aim is about come first.
SHAPES = ["distinct prefixes", "shared prefix", "shared path", "many groups", "deep paths", "wildcards"]
STRICT_SHAPES = SHAPES[:3]
NODE = ["Node.js, aws-jwt-verify", "Node.js, jsonwebtoken + jwks-rsa"]
EVENTS = ["TOKEN", "REQUEST"]


@dataclass
class Target:
    """One aim: what is compared with what, and how far apart they may be."""

    what: str
    aim: str
    measured: str
    met: bool | None


class Figures:
    """What was measured. Times are in nanoseconds; what was not measured is None."""

    def __init__(self, measured: dict):
        rounds = measured["rounds"]
        # Medians of several rounds, where there were several.
        paired = {name: median(each[name] for each in rounds) for name in rounds[0]}
        self.times = measured["criterion"] | paired
        self.rounds = rounds
        self.authorizers = measured["authorizers"]["authorizers"]
        self.footprint = measured["footprint"]

    def start(self, what: str) -> float:
        """From the start of a process to its first answer."""
        return self.footprint["cold_start_ms"][what] * 1e6

    def fresh(self, who: str) -> float:
        return self.authorizers[who]["fresh_ns"]

    def users(self, who: str, way: str) -> float | None:
        """Per decision: an iteration makes four."""
        time = self.times.get(f"peers, Users/{who}/{WAYS[way]}")
        return time and time / 4

    def among_many(self, who: str, asked: str, count: str) -> float | None:
        return self.times.get(f"peers, among many, {asked}/{who}/{count}")

    def shape(self, shape: str, asked: str, count: str) -> float | None:
        return self.times.get(f"decide among many, {shape}/{asked}/{count}")

    def facts(self, count: str) -> float | None:
        return self.times.get(f"claims to facts/{count}")

    def load(self, who: str) -> float | None:
        return self.times.get(f"peers, load 10,000 rules/{who}")

    def emit(self, who: str) -> float | None:
        return self.times.get(f"peers, emit 14 resources/{who}")

    def verify(self, who: str) -> float | None:
        return self.times.get(f"peers, verify RS256/{who}")

    def event(self, shape: str, way: str) -> float | None:
        return self.times.get(f"{shape} event, RS256/{way}")

    def over_floor(self, shape: str) -> float:
        """How many times the floor's an answer's time is: the median of the rounds' ratios."""
        name = lambda way: f"{shape} event, RS256/{way}"
        return median(each[name("new tokens")] / each[name("floor: parse and verify")] for each in self.rounds)

    def warm(self, who: str, shape: str = "TOKEN") -> float | None:
        return self.authorizers.get(who, {}).get("warm_ns", {}).get(shape)

    def best_node(self, shape: str) -> float | None:
        return min((time for who in NODE if (time := self.warm(who, shape))), default=None)


def shown(value: float | None) -> str:
    return "not measured" if value is None else times(value)


def at_most(what: str, aim: float, value: float | None) -> Target:
    return Target(what, f"at most {aim:g} ×", shown(value), None if value is None else value <= aim)


def at_least(what: str, aim: float, value: float | None) -> Target:
    return Target(what, f"at least {aim:g} ×", shown(value), None if value is None else value >= aim)


def bound(what: str, aim: float, value: float | None, unit: str) -> Target:
    text = "not measured" if value is None else f"{value:.2f} {unit}"
    return Target(what, f"at most {aim:g} {unit}", text, None if value is None else value <= aim)


def targets(figures: Figures) -> list:
    """Each aim, strictly: where it is about several figures, the worst of them counts."""
    return [*decisions(figures), *emission_and_events(figures), *footprint(figures)]


def decisions(f: Figures) -> list:
    def flat(shape: str, asked: str) -> float | None:
        return ratio(f.shape(shape, asked, MANY), f.shape(shape, asked, FEW))

    rows = [
        at_most("decision from prepared facts, over the nested match from prepared facts", 2,
                ratio(f.users("policyctl", "own"), f.users("nested match", "own"))),
        at_most("decision from prepared facts, over the nested match from parsed claims", 2,
                ratio(f.users("policyctl", "own"), f.users("nested match", "claims"))),
        at_most("decision from parsed claims, over the trie from parsed claims", 2.5,
                ratio(f.users("policyctl", "claims"), f.users("trie", "claims"))),
    ]
    for asked in ["last rule", "no rule"]:
        rows += [
            at_most(f"10,000 rules over 10, {shape}, {asked}", 1.5, flat(shape, asked)) for shape in STRICT_SHAPES
        ]
    known = [time for count in [FEW, "1000", "100000"] if (time := f.facts(count))]
    spread = max(known) / min(known) if len(known) == 3 else None
    rows.append(at_most("claims to facts, slowest over fastest of 10, 1,000 and 100,000 rules", 1.5, spread))
    return rows


def emission_and_events(f: Figures) -> list:
    rows = [
        at_most("the whole-API policy from parsed claims, over the direct write", 4,
                ratio(f.emit("policyctl"), f.emit("direct write"))),
    ]
    rows += [
        at_most(f"{shape} event to answer, over parsing and bare aws-lc-rs", 1.15, f.over_floor(shape))
        for shape in EVENTS
    ]
    for shape in EVENTS:
        seen = f.event(shape, "a token seen before")
        rows.append(bound(f"{shape} event, token seen before", 2, seen and seen / 1_000, "µs"))
        # The strictest reading: a REQUEST event, against a handler that reads the third of it.
        for of in dict.fromkeys([shape, "TOKEN"]):
            rows.append(at_least(f"{shape} event, token seen before: faster than the best Node.js handler of {of} events",
                                 15, ratio(f.best_node(of), seen)))
    rows.append(at_least("a bundle of 10,000 rules loaded: faster than Cedar's parse", 20,
                         ratio(f.load("Cedar"), f.load("policyctl"))))
    return rows


def footprint(f: Figures) -> list:
    found = f.footprint
    memory = lambda what: found["peak_memory_kib"][what] * 1024 / 1e6
    return [
        at_most("process start to the first answer with 10,000 rules, over the floor binary", 3,
                found["cold_start_ratio"]["rules_10000"]),
        bound("peak memory, Users", 8, memory("users"), "MB"),
        bound("peak memory, 10,000 rules", 24, memory("rules_10000"), "MB"),
        bound("the release binary", 5, found["bytes"]["bootstrap"] / 1e6, "MB"),
    ]
