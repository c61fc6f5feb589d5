// An OpenID provider on loopback, whose clients are machines: it signs access tokens as JWTs. Each line on standard
// input gives it new keys, and takes the old ones away; its end ends it. On standard output it says in one JSON line
// where it is, once it listens and once it has new keys. The argument is JSON: audience, scopes, clients, secret.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import { Provider } from 'oidc-provider';

const settings = JSON.parse(process.argv[2]);
const server = createServer((request, response) => answer(request, response));
let answer;

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  start(issuer);
  createInterface({ input: process.stdin }).on('line', () => start(issuer)).on('close', () => process.exit());
});

function start(issuer) {
  const keys = [
    jwk('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })),
    jwk('ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  ];
  answer = new Provider(issuer, configuration(keys)).callback();
  console.log(JSON.stringify({ issuer, keys: keys.map(({ kid }) => kid) }));
}

function jwk(alg, { privateKey }) {
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: randomUUID() };
}

function configuration(keys) {
  return {
    jwks: { keys },
    scopes: settings.scopes,
    clients: settings.clients.map((id) => ({
      client_id: id,
      client_secret: settings.secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        // Tokens of both algorithms are for one audience, so the resource's path says which is wanted.
        getResourceServerInfo: (_context, resource) => ({
          audience: settings.audience,
          scope: settings.scopes.join(' '),
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: resource.endsWith('/es256') ? 'ES256' : 'RS256' } },
        }),
      },
    },
    ttl: { ClientCredentials: 600 },
  };
}
