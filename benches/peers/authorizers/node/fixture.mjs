// Prints what all authorizers work on: a key set, events with a token of 900 bytes, and one with other claims.

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

// As API Gateway sends it for a request of curl: the same as in `benches/src/events.rs`.
const headers = {
  Accept: "*/*",
  Authorization: `Bearer ${token}`,
  Host: "abc123.execute-api.eu-west-1.amazonaws.com",
  "User-Agent": "curl/8.5.0",
  "X-Amzn-Trace-Id": "Root=1-00000000-000000000000000000000000",
  "X-Forwarded-For": "192.0.2.7",
  "X-Forwarded-Port": "443",
  "X-Forwarded-Proto": "https",
};
const request = JSON.stringify({
  type: "REQUEST", methodArn, resource: "/users/{id}", path: "/users/ana", httpMethod: "GET",
  headers,
  multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  queryStringParameters: {}, multiValueQueryStringParameters: {}, pathParameters: { id: "ana" }, stageVariables: {},
  requestContext: {
    resourceId: "05c7jb", resourcePath: "/users/{id}", httpMethod: "GET", extendedRequestId: "abc=",
    requestTime: "15/Jan/2027:08:00:00 +0000", path: "/prod/users/ana", accountId: "123456789012",
    protocol: "HTTP/1.1", stage: "prod", domainPrefix: "abc123", requestTimeEpoch: 1_800_000_000_000,
    requestId: "11111111-2222-3333-4444-555555555555",
    identity: {
      cognitoIdentityPoolId: null, accountId: null, caller: null, sourceIp: "192.0.2.7", accessKey: null,
      userAgent: "curl/8.5.0", apiKey: null, apiKeyId: null, user: null, userArn: null, principalOrgId: null,
      cognitoAuthenticationType: null,
    },
    domainName: "abc123.execute-api.eu-west-1.amazonaws.com", apiId: "abc123",
  },
});

console.log(JSON.stringify({
  issuer,
  audience,
  jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" }] },
  events: { TOKEN: event(token), REQUEST: request },
  forged: event(`${header}.${other}.${signature}`),
}));
