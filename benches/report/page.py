"""The page of the documentation, and what the README quotes of it."""

from itertools import product

from targets import EVENTS, NODE, SHAPES, Figures, targets
from text import compared, duration, ratio, size, table, times

OURS = "policyctl"
DECIDERS = [
    OURS, "nested match", "nested match, paths checked", "trie", "regorus", "Cedar", "casbin tuned", "casbin cached", "casbin documented",
]
SEARCHERS = [OURS, "trie", "regorus, as rules", "regorus, keyed by hand", "globset", "Cedar", "casbin tuned"]
COUNTS = ["10", "100", "1000", "10000"]
LOADERS = [OURS, "trie", "globset", "Cedar"]
EMITTERS = [OURS, "direct write", "aws_lambda_events", "Cedar, route by route"]
VERIFIERS = ["aws-lc-rs, key parsed once", "jsonwebtoken on aws-lc-rs", "jsonwebtoken on rust_crypto"]
AUTHORIZERS = [*NODE, "Python, PyJWT", "Python, python-jose"]
NEW, SEEN = "new tokens", "a token seen before"
FLOOR = "floor: parse and verify"


def page(measured: dict) -> str:
    """All of docs/performance.md."""
    figures = Figures(measured)
    sections = [
        "# Performance",
        introduction(measured),
        "![Times on a logarithmic scale](performance.svg)",
        "## The aims",
        aims(figures),
        "## Who is faster than policyctl",
        "\n".join(f"- {line}" for line in losses(figures)) or "Nobody, in this run.",
        *decisions(figures),
        *answers(figures),
        *conditions(measured),
    ]
    return "\n\n".join(sections) + "\n"


def introduction(measured: dict) -> str:
    machine, versions = measured["machine"], measured["versions"]
    events = sum(any(" event" in name for name in each) for each in measured["rounds"])
    others = len(measured["rounds"]) - events
    quick = "\n\n**A short run, for a look only: the times are worth little.**" if measured["quick"] else ""
    return f"""\
Written by `python3 benches/report`, which builds and runs all of this one after the other, in {measured["minutes"]} minutes; it needs
Rust, a C compiler, Python 3.11 and Node.js 20. Measured on {measured["date"]} at commit {versions["policyctl"]}, with
Rust {versions["rustc"]}, on {machine["cpu"]}, {machine["cores"]} cores, {machine["memory"]} of memory, {machine["kernel"]}, at a load of
{machine["load"]} when it began. Times are medians. They differ from machine to machine and from minute to minute, so that only
ratios count. What the aims compare was measured in {others} rounds, events in {events}, both right after one another in each, and the ratio
is the median of the rounds' ratios; except for Node.js, loading and starting, which were measured once. The ratios in the tables are of medians,
most of them taken minutes apart.{quick}"""


def aims(figures: Figures) -> str:
    verdicts = {True: "yes", False: "**no**", None: "–"}
    rows = [[row.what, row.aim, row.measured, verdicts[row.met]] for row in targets(figures)]
    return table(["aim", "bound", "measured", "met"], rows)


def losses(f: Figures) -> list:
    """Who is faster than policyctl, and where it shows most."""
    worst = {}

    def against(work: str, detail: str, ours: float | None, others: dict) -> None:
        for who, time in others.items():
            if ours and time and time < ours:
                found = (ours / time, f"{duration(time)} against {duration(ours)}{detail}")
                worst[work, who] = max(worst.get((work, who), found), found)

    def against_all(work: str, detail: str, of, everybody: list) -> None:
        against(work, detail, of(OURS), {who: of(who) for who in everybody[1:]})

    for way, text in [("own", "prepared input"), ("claims", "parsed claims"), ("text", "the claims' text")]:
        against_all("a decision of the Users rules", f" from {text}", lambda who, way=way: f.users(who, way), DECIDERS)
    for asked, count in product(["last rule", "no rule"], COUNTS):
        against_all("a decision among many rules", f", {int(count):,} rules, {asked}",
                    lambda who, asked=asked, count=count: f.among_many(who, asked, count), SEARCHERS)
    against_all("loading 10,000 rules", "", f.load, LOADERS)
    against_all("the policy for the whole API", "", f.emit, EMITTERS)
    for shape in EVENTS:
        others = {who: f.warm(who, shape) for who in AUTHORIZERS}
        against("answering an event", f", {shape}", f.event(shape, NEW), {"the floor": f.event(shape, FLOOR), **others})
    return [f"In {work}: {who}, by up to {times(by)} ({shown})." for (work, who), (by, shown) in worst.items()]


def decisions(f: Figures) -> list:
    ways = ["own", "claims", "text"]
    users = [[who, *[compared(f.users(who, way), f.users(OURS, way)) for way in ways]] for who in DECIDERS]
    head = ["", "from its own prepared input", "from parsed claims", "from the claims' text"]
    parts = [
        "## Decisions",
        "The rules of the [Users example](comparison.md#the-same-rules-four-times) and a scope, as each would have them "
        "written:\nthe mean of four requests, and in parentheses how many times policyctl's time.",
        table(head, users),
    ]
    for asked, text in [("last rule", "a request for the last of N rules"), ("no rule", "a request for none of them")]:
        rows = [
            [who, *[compared(f.among_many(who, asked, n), f.among_many(OURS, asked, n)) for n in COUNTS]]
            for who in SEARCHERS
        ]
        parts += [
            f"From its own prepared input, {text}; rule `i` lets a group read `/svc{{i}}/items/*`:",
            table(["", *[f"{int(count):,} rules" for count in COUNTS]], rows),
        ]
    rows = [
        [f"{shape}, {asked}", *[duration(f.shape(shape, asked, n)) for n in COUNTS],
         times(f.many_over_few(shape, asked))]
        for shape in SHAPES for asked in ["last rule", "no rule"]
    ]
    return [
        *parts,
        "policyctl alone, with rules that resemble one another in other ways (`benches/src/corpus.rs`):",
        table(["", *[f"{int(count):,} rules" for count in COUNTS], "10,000 over 10"], rows),
        f"What the token's claims are to the rules is worked out once a token: {duration(f.facts('10'))} with 10 rules,\n"
        f"{duration(f.facts('1000'))} with 1,000 and {duration(f.facts('100000'))} with 100,000.",
    ]


def answers(f: Figures) -> list:
    def row(who: str, of) -> list:
        return [who, duration(of(who)), times(ratio(of(who), of(OURS)))]

    floor = VERIFIERS[0]
    return [
        "## Loading 10,000 rules",
        "policyctl's from the bundle's bytes, the trie from a line of text a rule, the others from their own texts.",
        table(["", "time", "over policyctl"], [row(who, f.load) for who in LOADERS]),
        "## The policy for the whole API",
        "14 resources, from parsed claims. Cedar is asked about each of the 14 routes.",
        table(["", "time", "over policyctl"], [row(who, f.emit) for who in EMITTERS]),
        "## Verifying a token",
        "RS256, a key of 2,048 bits, a token of 900 bytes, to its claims.",
        table(["", "time", "over aws-lc-rs"],
              [[who, duration(f.verify(who)), times(ratio(f.verify(who), f.verify(floor)))] for who in VERIFIERS]),
        "## Whole authorizers",
        "An event's bytes to the answer's, RS256, 14 resources, the keys in memory. The ratios are to policyctl's time\n"
        "for a new token in the same kind of event.",
        events(f),
        "## Cold start, memory and size",
        "A fresh process for one event: policyctl and the floor up to the answer over Lambda's runtime API on loopback, the others\n"
        "up to their end, which have no such API to ask. Memory is the most that was resident: after 1,000 events for\n"
        "policyctl and the floor, after one for the others.",
        starts(f),
        f"The binary has {stored(f, 'bootstrap')}, the package to deploy {stored(f, 'package')}, the bundle of Users\n"
        f"{stored(f, 'bundle_users')} and that of 10,000 rules {stored(f, 'bundle_rules_10000')}.",
    ]


def stored(f: Figures, what: str) -> str:
    return size(f.footprint["bytes"][what])


def starts(f: Figures) -> str:
    floor = f.start("floor")
    memory = f.footprint["peak_memory_kib"]
    rows = [
        [text, duration(f.start(what)), times(f.start(what) / floor), size(memory.get(of, 0) * 1024)]
        for text, what, of in [
            ("floor", "floor", "floor"), ("policyctl, Users", "users", "users"),
            ("policyctl, 10,000 rules", "rules_10000", "rules_10000"),
            ("policyctl, Users, keys fetched", "users_fetched_keys", ""),
            ("policyctl, 10,000 rules, keys fetched", "rules_10000_fetched_keys", ""),
        ]
    ]
    rows += [
        [who, duration(f.fresh(who)), times(f.fresh(who) / floor), size(f.authorizers[who]["fresh_peak_kb"] * 1024)]
        for who in AUTHORIZERS
    ]
    return table(["", "time", "over the floor", "memory"], rows)


def events(f: Figures) -> str:
    def row(who: str, of) -> list:
        return [who, *[compared(of(shape), f.event(shape, NEW)) for shape in EVENTS]]

    ours = [(f"{OURS}, {NEW}", NEW), (f"{OURS}, {SEEN}", SEEN), ("floor: parsing and bare verification", FLOOR)]
    rows = [row(who, lambda shape, name=name: f.event(shape, name)) for who, name in ours]
    rows += [row(who, lambda shape, who=who: f.warm(who, shape)) for who in AUTHORIZERS]
    return table(["", *[f"{shape} event" for shape in EVENTS]], rows)


def conditions(measured: dict) -> list:
    versions = {**measured["versions"], **measured["authorizers"]["versions"]}
    rust = ", ".join(f"{name} {version}" for name, version in versions.items() if name not in ("policyctl", "rustc"))
    return [
        "## What is compared",
        f"With {rust}.",
        """\
- All Rust code is compiled alike: optimised, `lto = "fat"`, one codegen unit, for the plain target. Policies and indexes are
  prepared outside of what is timed, save where loading is.
- Each peer is asserted to answer as policyctl does, for the requests that are timed and for others, before it is timed.
- *Its own prepared input* is what a peer's decision takes: facts of the token for policyctl, the match and the trie; a request and
  entities for Cedar; a value for regorus; the arguments of `enforce` for casbin.
- The match, the trie and the peers look at paths as they come. policyctl also refuses malformed paths and claims with
  wildcards in each of these decisions; *paths checked* is the match behind a check that refuses the same paths.
- Cedar: paths as a hierarchy of entities, the owner set from the route, no schema. regorus: compiled to its virtual machine,
  the path as an array; beyond some 2,000 rules it compiles none, so there the rules are also keyed by hand, as data.
  casbin *documented* matches by regular expressions; *tuned* has one verb a rule, prefixes, and the owner's role from the
  host; *cached* is the tuned form with its own cache of answers, which holds the very requests that are timed.
- The authorizers in Node.js and Python write their policy by hand; python-jose as AWS's example for Cognito tokens uses it.
  A fresh process is timed from its start to its end, with one answer in between.""",
    ]


def quote(measured: dict) -> str:
    """What the README says."""
    f = Figures(measured)
    node = min(NODE, key=lambda who: f.warm(who) or 0)
    rows = [
        ["decide, from parsed claims", f.users(OURS, "claims"), "nested match", f.users("nested match", "claims"),
         [("regorus", f.users("regorus", "claims")), ("Cedar", f.users("Cedar", "claims"))]],
        ["decide, last of 10,000 rules", f.among_many(OURS, "last rule", "10000"), "trie",
         f.among_many("trie", "last rule", "10000"), [("Cedar", f.among_many("Cedar", "last rule", "10000"))]],
        ["load 10,000 rules", f.load(OURS), "trie from text", f.load("trie"), [("Cedar", f.load("Cedar"))]],
        ["write the policy, 14 resources", f.emit(OURS), "direct write", f.emit("direct write"),
         [("aws_lambda_events", f.emit("aws_lambda_events")), ("Cedar", f.emit("Cedar, route by route"))]],
        ["answer an event, RS256", f.event("TOKEN", NEW), "parse and verify", f.event("TOKEN", FLOOR),
         [(node, f.warm(node)), ("Python, PyJWT", f.warm("Python, PyJWT"))]],
        ["answer, token seen before", f.event("TOKEN", SEEN), "", None, [("none has it", None)]],
        ["first answer of a process", f.start("rules_10000"), "least binary", f.start("floor"),
         [(who, f.fresh(who)) for who in AUTHORIZERS[:3:2]]],
    ]
    lines = [
        [work, duration(ours), f"{duration(time)}, {floor}" if time else "–",
         "; ".join(f"{duration(other)}, {who}" if other else who for who, other in peers)]
        for work, ours, floor, time, peers in rows
    ]
    missed = [row.what for row in targets(f) if row.met is False]
    behind = "\n".join(f"- {line}" for line in losses(f))
    return "\n\n".join([
        table(["", "policyctl", "floor, by hand", "peers"], lines),
        "The floors are written for one set of rules, check no paths, and explain nothing. Who is faster than policyctl:",
        behind or "- Nobody, in this run.",
        f"Aims that are missed: {'; '.join(missed)}." if missed else "All aims are met.",
        "[All figures](docs/performance.md), with the machine and the versions; `python3 benches/report` measures them again, and\n"
        "`cargo bench` policyctl alone.",
    ])
