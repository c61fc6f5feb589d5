// The rules, as a hand writes them: people read and delete their own records of six kinds, a scope opens the
// profile, and the status is public. The policy is right for the whole API, so that it may be cached.

const KINDS = ["albums", "drafts", "feeds", "keys", "notes", "users"];

/** The answer to an event, as text, from the claims of its token. */
export function answer(event, claims) {
  const stage = event.methodArn.split("/", 2).join("/");
  const resources = KINDS.map((kind) => `${stage}/DELETE/${kind}/${claims.sub}`);
  for (const kind of KINDS) resources.push(`${stage}/GET/${kind}/${claims.sub}`);
  if ((claims.scope ?? "").split(" ").includes("get:profile")) resources.push(`${stage}/GET/profile`);
  resources.push(`${stage}/GET/status`);
  return JSON.stringify({
    principalId: claims.sub,
    policyDocument: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "execute-api:Invoke", Resource: resources }],
    },
  });
}

/** The token of a TOKEN event, or of a REQUEST event. */
export function bearer(event) {
  const [scheme, token] = (event.authorizationToken ?? event.headers.Authorization).split(" ");
  if (scheme !== "Bearer" || !token) throw new Error("Unauthorized");
  return token;
}
