#!/usr/bin/env python3
"""Holds the policies that policyctl emits against an evaluator that others wrote.

`policyctl iam --batch` answers many requests, `policyctl simulate --batch` decides them, and iam-simulate
(https://www.npmjs.com/package/@cloud-copilot/iam-simulate) says what each answer allows: the request that it is for
just when that is allowed, and no other that is denied; where a token's answers are all the same, so that it is right for
the whole API, every request that is allowed. The evaluator runs in a process of its own, below target/. Needs Node.js 20
or later, and the package index at the first run.
"""

import argparse
import json
import shutil
import subprocess
import sys
from datetime import datetime
from itertools import product
from pathlib import Path

from harness import node
from harness.script import ROOT, TARGET
from iam_simulate.cases import CASES, PREFIXES

HERE = ROOT / "e2e" / "iam_simulate"

NOTHING = {"Version": "2012-10-17", "Statement": []}


def main() -> int:
    options = arguments()
    command = evaluator(TARGET / "e2e-iam-simulate")
    groups = [group for case in CASES for group in groups_of(case, options.policyctl)]
    documents, questions, checks = [], [], []
    for group in groups:
        checks.extend(checks_of(group, documents, questions))
    answers = ask(command, {"documents": documents, "questions": questions})
    failed = 0
    for (text, wanted), allowed in zip(checks, answers, strict=True):
        if allowed not in wanted:
            failed += 1
            print(f"  FAIL  {text}: iam-simulate says {'allow' if allowed else 'deny'}")
    whole = sum(is_whole(group) for group in groups)
    print(f"{len(groups)} tokens in their contexts, {whole} of them with an answer for the whole API")
    print(f"{len(documents)} documents; {answers.count(True)} requests allowed, {answers.count(False)} denied")
    print(f"{len(checks) - failed} passed, {failed} failed")
    few = answers.count(True) < 200 or answers.count(False) < 1_000 or not 20 <= whole < len(groups)
    if few:
        print("too few of some kind: these cases show little")
    return 1 if failed or few else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policyctl", type=Path, default=TARGET / "release" / "policyctl")
    options = parser.parse_args()
    if not options.policyctl.is_file():
        parser.error(f"there is no {options.policyctl}")
    return options


def evaluator(folder: Path) -> list:
    """The command that runs the evaluator, which is installed unless it is there already."""
    if not shutil.which("node") or not shutil.which("npm"):
        sys.exit("this test needs Node.js: there is no `node`, or no `npm`")
    node.install(folder, HERE)
    # A module is looked for from where the script is.
    script = shutil.copy(HERE / "simulate.mjs", folder)
    return ["node", str(script)]


def groups_of(case: dict, policyctl: Path) -> list:
    """For each token, prefix and context of the case: its requests, their decisions, and the answers to them."""
    policy = HERE / case["policy"]
    groups = []
    for person, prefix, context in product(case["people"], PREFIXES, case["contexts"]):
        requests = list(product(case["verbs"], case["paths"]))
        shared = {**context, **({"claims": person} if person else {})}
        arns = [f"{prefix}/{verb}{path}" for verb, path in requests]
        stage = prefix.rsplit("/", 1)[1]
        decided = batch(policyctl, "simulate", policy, [
            {**shared, "stage": stage, "verb": verb, "path": path} for verb, path in requests
        ])
        answered = batch(policyctl, "iam", policy, [{**shared, "method_arn": arn} for arn in arns])
        ended = case.get("expiring", False) and seconds(context["now"]) >= person["exp"]
        documents = {}
        for number, answer in enumerate(answered):
            # Nobody known, and nothing public: API Gateway answers 401, and there is nothing to keep.
            document = answer["policyDocument"] if "policyDocument" in answer else NOTHING
            documents.setdefault(json.dumps(document), []).append(number)
        groups.append({
            "name": f"{case['policy']}, {json.dumps(person)}, {json.dumps(context)}",
            "context": context,
            "arns": arns,
            "allowed": [one["decision"] == "allow" and not ended for one in decided],
            "documents": documents,
        })
    return groups


def seconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp())


def batch(policyctl: Path, command: str, policy: Path, lines: list) -> list:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    run = subprocess.run(
        [policyctl, command, policy, "--batch", "-"], input=text, capture_output=True, text=True, check=False
    )
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    known = {"decision", "policyDocument", "errorType"}
    wrong = [answer for answer in answers if not known & answer.keys()]
    if len(answers) != len(lines) or wrong:
        sys.exit(f"policyctl {command} {policy}: {wrong[:1]} {run.stderr}")
    return answers


def checks_of(group: dict, documents: list, questions: list):
    """Adds what is to be asked, and gives for each question its text and which answers to it are right."""
    context = {"aws:CurrentTime": group["context"]["now"], "aws:SourceIp": group["context"]["ip"]}
    whole = is_whole(group)
    for document, own in group["documents"].items():
        documents.append(json.loads(document))
        for number, (arn, allowed) in enumerate(zip(group["arns"], group["allowed"], strict=True)):
            questions.append({"document": len(documents) - 1, "resource": arn, "context": context})
            # An answer for another request grants nothing that is denied.
            exact = number in own or (whole and documents[-1] != NOTHING)
            wanted = {allowed} if exact else {allowed, False}
            yield f"{group['name']}, {arn}", wanted


def is_whole(group: dict) -> bool:
    return len(group["documents"].keys() - {json.dumps(NOTHING)}) == 1


def ask(command: list, questions: dict) -> list:
    run = subprocess.run(command, input=json.dumps(questions), capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"the evaluator failed: {run.stderr}")
    return json.loads(run.stdout)


if __name__ == "__main__":
    sys.exit(main())
