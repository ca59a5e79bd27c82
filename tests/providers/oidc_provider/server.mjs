// An authorization server with access tokens as RFC 9068 has them, each for the resource that was asked for (RFC 8707).
// `node server.mjs PORT` serves on loopback, with new keys each time.
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const port = Number(process.argv[2]);

// The resources that there are, and the algorithm of each one's tokens.
const ALGORITHMS = {
  'https://mcp.example.com/mcp': 'ES256',
  'https://other.example.com/mcp': 'ES256',
  'https://mcp.example.com/eddsa': 'EdDSA',
  'https://mcp.example.com/rs256': 'RS256',
  'https://mcp.example.com/ps256': 'PS256',
};

function key(alg, type, options) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: alg };
}

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: {
    keys: [
      key('RS256', 'rsa', { modulusLength: 2048 }),
      key('PS256', 'rsa', { modulusLength: 2048 }),
      key('ES256', 'ec', { namedCurve: 'P-256' }),
      key('EdDSA', 'ed25519', {}),
    ],
  },
  cookies: { keys: ['of-these-tests-alone'] },
  clients: [{
    client_id: 'agent',
    client_secret: 'agents-secret',
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  }],
  scopes: ['tools.read', 'tools.write'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (context, resource) => ({
        audience: resource,
        scope: 'tools.read tools.write',
        accessTokenTTL: 300,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: ALGORITHMS[resource] } },
      }),
    },
  },
});
provider.listen(port, '127.0.0.1');
