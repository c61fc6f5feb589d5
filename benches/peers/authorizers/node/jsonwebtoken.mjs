import jwt from "jsonwebtoken";
import jwksClient from "jwks-rsa";

import { answer, bearer } from "./policy.mjs";

export function authorizer({ issuer, audience, jwks }) {
  // The fetcher stands in for the network; the client keeps the key.
  const client = jwksClient({ jwksUri: `${issuer}.well-known/jwks.json`, cache: true, fetcher: async () => jwks });
  const getKey = (header, callback) =>
    client.getSigningKey(header.kid, (error, key) => callback(error, key?.getPublicKey()));
  const options = { issuer, audience, algorithms: ["RS256"] };
  const verify = (token) =>
    new Promise((resolve, reject) =>
      jwt.verify(token, getKey, options, (error, claims) => (error ? reject(error) : resolve(claims))),
    );
  return async (text) => {
    const event = JSON.parse(text);
    return answer(event, await verify(bearer(event)));
  };
}
