// better-auth with its OAuth 2.1 provider on PostgreSQL, as a peer to measure beside Mandate.
// GET /_seed?kind=code|access_token|refresh_token&n=…&people=… answers with that many new ones.
import cluster from 'node:cluster';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import pg from 'pg';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import { oauthProvider } from '@better-auth/oauth-provider';

const { PORT, PGURL, WORKERS, VERIFIER, CLIENT_SECRET } = process.env;
const ORIGIN = `http://127.0.0.1:${PORT}`;
const REDIRECT_URI = 'https://a.example/cb';
const SCOPES = ['mcp', 'api', 'offline_access'];
const pool = new pg.Pool({ connectionString: PGURL, max: 8 });
const hash = (text) => createHash('sha256').update(text).digest('base64url');

const auth = betterAuth({
  baseURL: ORIGIN,
  database: pool,
  emailAndPassword: { enabled: true },
  disabledPaths: ['/token'],
  // The first process starts before there are tables, which it would report.
  logger: { level: 'error', disabled: cluster.isPrimary },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [
    jwt(),
    oauthProvider({
      loginPage: '/sign-in',
      consentPage: '/consent',
      scopes: SCOPES,
      cachedTrustedClients: new Set(['app']),
    }),
  ],
});

async function prepare() {
  await (await getMigrations(auth.options)).runMigrations();
  const { adapter } = await auth.$context;
  await adapter.create({
    model: 'oauthClient',
    data: { clientId: 'app', clientSecret: hash(CLIENT_SECRET), name: 'App', scopes: SCOPES,
      skipConsent: true, requirePKCE: true, redirectUris: [REDIRECT_URI], responseTypes: ['code'],
      grantTypes: ['authorization_code', 'refresh_token'], applicationType: 'web',
      tokenEndpointAuthMethod: 'client_secret_basic', createdAt: new Date(), updatedAt: new Date() },
  });
}

async function signedUp() {
  const { headers } = await auth.api.signUpEmail({
    returnHeaders: true,
    body: { name: 'Ada', password: 'correct horse battery',
      email: `${randomBytes(16).toString('hex')}@a.example` },
  });
  return headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
}

async function newCode() {
  const query = new URLSearchParams({ client_id: 'app', response_type: 'code', state: 'x',
    redirect_uri: REDIRECT_URI, scope: SCOPES.join(' '), code_challenge: hash(VERIFIER),
    code_challenge_method: 'S256' });
  const answer = await auth.handler(new Request(`${ORIGIN}/api/auth/oauth2/authorize?${query}`,
    { headers: { cookie: await signedUp() } }));
  return new URL(answer.headers.get('location')).searchParams.get('code');
}

async function newTokens() {
  const answer = await auth.handler(new Request(`${ORIGIN}/api/auth/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`app:${CLIENT_SECRET}`)}` },
    body: new URLSearchParams({ grant_type: 'authorization_code', code: await newCode(),
      redirect_uri: REDIRECT_URI, code_verifier: VERIFIER }),
  }));
  return answer.json();
}

// The rows of new ones are copies of a genuine one, with an identifier and a digest of their own.
async function copies(table, column, genuine, count) {
  const texts = Array.from({ length: count }, () => randomBytes(16).toString('hex'));
  await pool.query(`insert into ${table} select (jsonb_populate_record(one,
      jsonb_build_object('id', md5(digest), '${column}', digest))).*
    from ${table} one, unnest($1::text[]) digest where one.${column} = $2`,
  [texts.map(hash), hash(genuine)]);
  await pool.query(`analyze ${table}`);
  return texts;
}

const makers = {
  code: async (count) => copies('verification', 'identifier', await newCode(), count),
  access_token: async (count) =>
    copies('"oauthAccessToken"', 'token', (await newTokens()).access_token, count),
  refresh_token: async () => [(await newTokens()).refresh_token],
};

// The Nth of the answers belongs to person N modulo `people`, as does the Nth connection of a load.
async function seed({ kind, n, people }) {
  const each = Math.ceil(n / people);
  const all = [];
  for (let one = 0; one < people; one += 1) all.push(await makers[kind](each));
  return Array.from({ length: n }, (_, at) => all[at % people][Math.floor(at / people)]);
}

if (cluster.isPrimary) {
  await prepare();
  for (let n = 0; n < Number(WORKERS); n += 1) cluster.fork();
} else {
  const handle = toNodeHandler(auth);
  createServer(async (request, response) => {
    const { pathname, searchParams: query } = new URL(request.url, ORIGIN);
    if (pathname === '/readyz') response.end('ready');
    else if (pathname === '/_seed') {
      const asked = { kind: query.get('kind'), n: Number(query.get('n')),
        people: Number(query.get('people')) };
      response.end(JSON.stringify(await seed(asked)));
    } else await handle(request, response);
  }).listen(Number(PORT), '127.0.0.1');
}
