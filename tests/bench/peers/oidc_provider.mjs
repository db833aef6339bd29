// node-oidc-provider on PostgreSQL, as a peer to measure beside Mandate.
// GET /_seed?kind=RefreshToken|AuthorizationCode|AccessToken|ClientCredentials&n=… answers with that many new ones.
import cluster from 'node:cluster';
import { createHash } from 'node:crypto';
import pg from 'pg';
import { Provider } from 'oidc-provider';

const { PORT, PGURL, WORKERS, VERIFIER } = process.env;
const pool = new pg.Pool({ connectionString: PGURL, max: 8 });
const SCOPE = 'mcp api offline_access';
const challenge = createHash('sha256').update(VERIFIER).digest('base64url');

// Named statements are prepared once on each connection.
const ask = (name, text, ...values) => pool.query({ name, text, values });

class Rows {
  constructor(type) { this.type = type; }

  upsert(id, payload, seconds) {
    const ends = seconds ? new Date(Date.now() + seconds * 1000) : null;
    return ask('upsert', `insert into payloads (id, type, payload, grant_id, ends_at)
      values ($1, $2, $3, $4, $5)
      on conflict (id, type) do update set payload = $3, ends_at = $5`,
    id, this.type, JSON.stringify(payload), payload.grantId ?? null, ends);
  }

  async find(id) {
    const { rows: [row] } = await ask('find',
      'select payload, consumed_at from payloads where id = $1 and type = $2', id, this.type);
    return row && { ...row.payload, ...(row.consumed_at ? { consumed: true } : {}) };
  }

  findByUid() { return undefined; }

  findByUserCode() { return undefined; }

  destroy(id) {
    return ask('destroy', 'delete from payloads where id = $1 and type = $2', id, this.type);
  }

  consume(id) {
    return ask('consume',
      'update payloads set consumed_at = now() where id = $1 and type = $2', id, this.type);
  }

  revokeByGrantId(grant) {
    return ask('revoke', 'delete from payloads where grant_id = $1', grant);
  }
}

const provider = () => new Provider(`http://127.0.0.1:${PORT}`, {
  adapter: Rows,
  clients: [
    { client_id: 'rs', client_secret: 'rs-secret-0123456789', grant_types: ['client_credentials'],
      redirect_uris: [], response_types: [] },
    { client_id: 'app', client_secret: 'app-secret-0123456789', response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://a.example/cb'] },
  ],
  findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  features: {
    introspection: { enabled: true, allowedPolicy: async () => true },
    revocation: { enabled: true },
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: { enabled: false },
  },
  scopes: SCOPE.split(' '),
  rotateRefreshToken: true,
});

async function seed(op, kind, number) {
  if (kind === 'ClientCredentials') {
    return new op[kind]({ client: await op.Client.find('rs'), scope: 'mcp api' }).save();
  }
  const client = await op.Client.find('app');
  const accountId = `user-${process.pid}-${number}`;
  const grant = new op.Grant({ accountId, clientId: 'app' });
  grant.addOIDCScope(SCOPE);
  const seconds = Math.floor(Date.now() / 1000);
  const common = { accountId, client, grantId: await grant.save(), scope: SCOPE, authTime: 1,
    expiresWithSession: false, gty: 'authorization_code' };
  const more = {
    RefreshToken: { rotations: 0, iiat: seconds },
    AccessToken: {},
    AuthorizationCode: { redirectUri: 'https://a.example/cb', codeChallenge: challenge,
      codeChallengeMethod: 'S256', gty: undefined },
  };
  return new op[kind]({ ...common, ...more[kind] }).save();
}

if (cluster.isPrimary) {
  await pool.query(`create table if not exists payloads (id text, type text, payload jsonb,
    grant_id text, ends_at timestamptz, consumed_at timestamptz, primary key (id, type))`);
  await pool.query('create index if not exists grants on payloads (grant_id)');
  for (let n = 0; n < Number(WORKERS); n += 1) cluster.fork();
} else {
  const op = provider();
  op.use(async (ctx, next) => {
    if (ctx.path === '/readyz') { ctx.body = 'ready'; return; }
    if (ctx.path !== '/_seed') { await next(); return; }
    const all = [];
    for (let n = 0; n < Number(ctx.query.n); n += 1) all.push(await seed(op, ctx.query.kind, n));
    ctx.body = all;
  });
  op.on('server_error', (_, error) => console.error(error));
  op.listen(Number(PORT), '127.0.0.1');
}
