// Prints what all authorizers work on: a key set, an event with a token of 900 bytes, and the same with other claims.

import { generateKeyPairSync, sign } from "node:crypto";

const LENGTH = 900;
const [issuer, audience, kid] = ["https://issuer.example.com/", "app", "k1"];
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function signed(padding) {
  const claims = {
    iss: issuer, aud: audience, sub: "ana", iat: 1_700_000_000, exp: 4_102_444_800,
    scope: "openid get:profile", note: "x".repeat(padding),
  };
  const text = `${encode({ alg: "RS256", typ: "JWT", kid })}.${encode(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
}

let token = signed(0);
for (let padding = 1; token.length < LENGTH; padding += 1) token = signed(padding);
const [header, claims, signature] = token.split(".");
const other = encode({ ...JSON.parse(Buffer.from(claims, "base64url").toString()), sub: "ben" });
const methodArn = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/users/ana";
const event = (of) => JSON.stringify({ type: "TOKEN", authorizationToken: `Bearer ${of}`, methodArn });

console.log(JSON.stringify({
  issuer,
  audience,
  jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" }] },
  event: event(token),
  forged: event(`${header}.${other}.${signature}`),
}));
