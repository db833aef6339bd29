// Drives oauth4webapi, unmodified, through one flow; speaks JSON lines with the test.
import { createInterface } from "node:readline";

const oauth = await import(process.env.MODULE);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => JSON.parse((await lines.next()).value);
const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");
const loopback = { [oauth.allowInsecureRequests]: true };

const setup = await hear();
const issuer = new URL(setup.issuer);
const as = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...loopback }),
);
const client = { client_id: setup.clientId };
const auth = setup.clientSecret ? oauth.ClientSecretBasic(setup.clientSecret) : oauth.None();
const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const url = new URL(as.authorization_endpoint);
url.search = new URLSearchParams({
  client_id: setup.clientId,
  redirect_uri: setup.redirectUri,
  response_type: "code",
  scope: "api flows:edit",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
});
say({ authorize: url.href });

const { callback } = await hear();
const params = oauth.validateAuthResponse(as, client, new URL(callback), state);
const tokens = await oauth.processAuthorizationCodeResponse(
  as,
  client,
  await oauth.authorizationCodeGrantRequest(as, client, auth, params, setup.redirectUri, verifier, loopback),
);
const fresh = await oauth.processRefreshTokenResponse(
  as,
  client,
  await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, loopback),
);
const server = { client_id: setup.verifier.id };
const introspect = async () =>
  oauth.processIntrospectionResponse(
    as,
    server,
    await oauth.introspectionRequest(as, server, oauth.ClientSecretBasic(setup.verifier.secret), fresh.access_token, loopback),
  );
const before = await introspect();
const revocation = await oauth.revocationRequest(as, client, auth, fresh.refresh_token, loopback);
const revoked = (await oauth.processRevocationResponse(revocation)) === undefined;
const after = await introspect();
say({
  scope: tokens.scope,
  refreshed: fresh.access_token !== tokens.access_token,
  introspected: before.active,
  revoked,
  activeAfter: after.active,
});
process.exit(0);
