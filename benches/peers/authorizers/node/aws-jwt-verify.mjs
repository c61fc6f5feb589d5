import { JwtVerifier } from "aws-jwt-verify";

import { answer, bearer } from "./policy.mjs";

export function authorizer({ issuer, audience, jwks }) {
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri: `${issuer}.well-known/jwks.json` });
  verifier.cacheJwks(jwks);
  return async (text) => {
    const event = JSON.parse(text);
    return answer(event, await verifier.verify(bearer(event)));
  };
}
