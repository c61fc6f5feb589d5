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
        names = {name for each in rounds for name in each}
        paired = {name: median(each[name] for each in rounds if name in each) for name in names}
        self.times = measured["criterion"] | paired
        self.rounds = rounds
        self.authorizers = measured["authorizers"]["authorizers"]
        self.footprint = measured["footprint"]

    def start(self, what: str) -> float:
        """From the start of a process to its first answer."""
        return self.footprint["cold_start_ms"][what] * 1e6

    def fresh(self, who: str) -> float:
        return self.authorizers[who]["fresh_ns"]

    def over(self, one: str, other: str) -> float | None:
        """How many times the other's the time of a benchmark is: the median of the rounds' ratios, where there are any."""
        ratios = [each[one] / each[other] for each in self.rounds if one in each and other in each]
        return median(ratios) if ratios else ratio(self.times.get(one), self.times.get(other))

    def users(self, who: str, way: str) -> float | None:
        """Per decision: an iteration makes four."""
        time = self.times.get(users(who, way))
        return time and time / 4

    def among_many(self, who: str, asked: str, count: str) -> float | None:
        return self.times.get(f"peers, among many, {asked}/{who}/{count}")

    def shape(self, shape: str, asked: str, count: str) -> float | None:
        return self.times.get(shaped(shape, asked, count))

    def many_over_few(self, shape: str, asked: str) -> float | None:
        return self.over(shaped(shape, asked, MANY), shaped(shape, asked, FEW))

    def facts(self, count: str) -> float | None:
        return self.times.get(facts(count))

    def load(self, who: str) -> float | None:
        return self.times.get(f"peers, load 10,000 rules/{who}")

    def emit(self, who: str) -> float | None:
        return self.times.get(emission(who))

    def verify(self, who: str) -> float | None:
        return self.times.get(f"peers, verify RS256/{who}")

    def event(self, shape: str, way: str) -> float | None:
        return self.times.get(event(shape, way))

    def warm(self, who: str, shape: str = "TOKEN") -> float | None:
        return self.authorizers.get(who, {}).get("warm_ns", {}).get(shape)

    def best_node(self, shape: str) -> float | None:
        return min((time for who in NODE if (time := self.warm(who, shape))), default=None)


# The names of the benchmarks.
def users(who: str, way: str) -> str:
    return f"peers, Users/{who}/{WAYS[way]}"


def shaped(shape: str, asked: str, count: str) -> str:
    return f"decide among many, {shape}/{asked}/{count}"


def facts(count: str) -> str:
    return f"claims to facts/{count}"


def emission(who: str) -> str:
    return f"peers, emit 14 resources/{who}"


def event(shape: str, way: str) -> str:
    return f"{shape} event, RS256/{way}"


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
    ours = lambda way: users("policyctl", way)
    rows = [
        at_most("decision from prepared facts, over the nested match from prepared facts", 2,
                f.over(ours("own"), users("nested match", "own"))),
        at_most("decision from prepared facts, over the nested match from parsed claims", 2,
                f.over(ours("own"), users("nested match", "claims"))),
        at_most("decision from parsed claims, over the trie from parsed claims", 2.5,
                f.over(ours("claims"), users("trie", "claims"))),
    ]
    for asked in ["last rule", "no rule"]:
        rows += [
            at_most(f"10,000 rules over 10, {shape}, {asked}", 1.5, f.many_over_few(shape, asked))
            for shape in STRICT_SHAPES
        ]
    counts = [FEW, "1000", "100000"]
    known = [facts(count) for count in counts if f.facts(count)]
    spread = max(f.over(one, other) for one in known for other in known) if len(known) == len(counts) else None
    rows.append(at_most("claims to facts, slowest over fastest of 10, 1,000 and 100,000 rules", 1.5, spread))
    return rows


def emission_and_events(f: Figures) -> list:
    rows = [
        at_most("the whole-API policy from parsed claims, over the direct write", 4,
                f.over(emission("policyctl"), emission("direct write"))),
    ]
    rows += [
        at_most(f"{shape} event to answer, over parsing and bare aws-lc-rs", 1.15,
                f.over(event(shape, "new tokens"), event(shape, "floor: parse and verify")))
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
