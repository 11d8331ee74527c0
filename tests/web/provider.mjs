/**
 * A provider of OpenID Connect on loopback, by npm's oidc-provider, with its forms for development: every name and password is
 * right.
 *
 * It writes the number of its port. Then it reads a line: the URL to which it sends browsers back. It ends with its standard
 * input.
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

// An import would not look into the folders of NODE_PATH.
const { resolve } = createRequire(import.meta.url);
const { default: Provider } = await import(pathToFileURL(resolve('oidc-provider')));

const server = createServer();
const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit());
lines.once('line', (redirect) => {
  const provider = new Provider(`http://localhost:${server.address().port}`, {
    clients: [{ client_id: 'chat', client_secret: 'a secret: 50%', redirect_uris: [redirect] }],
    claims: { openid: ['sub'], profile: ['preferred_username'] },
    cookies: { keys: ['only for this test'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: id }) }),
  });
  server.on('request', provider.callback());
  console.log('ready');
});
server.listen(0, 'localhost', () => console.log(`port ${server.address().port}`));
