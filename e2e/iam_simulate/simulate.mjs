// Asks an evaluator of IAM policies that others wrote. In, on standard input: documents, and questions, each the
// number of a document, a resource and a context. Out: for each question whether the resource is allowed.
//
// The simulation is the "unsafe" one, which does not first hold the resource against AWS's own patterns for the
// action: these have no root path, and no path with a `*` in it.

import { readFileSync } from "node:fs";

import { runUnsafeSimulation } from "@cloud-copilot/iam-simulate";

const { documents, questions } = JSON.parse(readFileSync(0, "utf8"));

const answers = questions.map(({ document, resource, context }) => {
  const accountId = resource.split(":")[4];
  const result = runUnsafeSimulation({
    request: {
      principal: `arn:aws:iam::${accountId}:user/caller`,
      action: "execute-api:Invoke",
      resource: { resource, accountId },
      contextVariables: context,
    },
    identityPolicies: [{ name: "answer", policy: documents[document] }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  });
  return result === "Allowed";
});

console.log(JSON.stringify(answers));
