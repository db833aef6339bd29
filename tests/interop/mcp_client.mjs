// A client of the official TypeScript SDK (version 1 or 2): signs in, calls a tool, refreshes, calls again,
// and waits for a word before a last call. One JSON value a line on both sides.
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value);
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");

const setup = await read();
const { Client, StreamableHTTPClientTransport } = await load(setup);

async function load({ modules, major }) {
  if (major === 2) return import(`${modules}/@modelcontextprotocol/client/dist/index.mjs`);
  const root = `${modules}/@modelcontextprotocol/sdk/dist/esm/client`;
  return { ...(await import(`${root}/index.js`)), ...(await import(`${root}/streamableHttp.js`)) };
}

class Provider {
  kept = {};
  visits = [];
  get redirectUrl() { return "http://localhost:43118/callback"; }
  get clientMetadataUrl() { return setup.document; }
  get clientMetadata() {
    return { client_name: `TypeScript ${setup.major}`, redirect_uris: [this.redirectUrl], ...setup.metadata };
  }
  clientInformation() { return this.kept.client; }
  saveClientInformation(client) { this.kept.client = client; }
  tokens() { return this.kept.tokens; }
  saveTokens(tokens) { this.kept.tokens = tokens; }
  saveCodeVerifier(verifier) { this.kept.verifier = verifier; }
  codeVerifier() { return this.kept.verifier; }
  saveDiscoveryState(state) { this.kept.discovery = state; }
  discoveryState() { return this.kept.discovery; }
  redirectToAuthorization(url) { this.visits.push(String(url)); }
  invalidateCredentials(scope) { (this.kept.invalidated ??= []).push(scope); if (scope !== "verifier") delete this.kept.tokens; }
}

const provider = new Provider();
const transport = () => new StreamableHTTPClientTransport(new URL(setup.url), { authProvider: provider });
const client = () => new Client({ name: "interop", version: "1" });
const whoami = async (connected) => (await connected.callTool({ name: "whoami", arguments: {} })).structuredContent;

const first = transport();
try {
  await client().connect(first);
  say({ error: "no sign-in was asked for" });
} catch (error) {
  say({ authorize: provider.visits.at(-1), why: String(error) });
}
const answer = new URLSearchParams((await read()).query);
await (setup.major === 2 ? first.finishAuth(answer) : first.finishAuth(answer.get("code")));
let connected = client();
await connected.connect(transport());
const before = await whoami(connected);
const stale = provider.kept.tokens.access_token;
provider.kept.tokens = { ...provider.kept.tokens, access_token: "stale" };
connected = client();
await connected.connect(transport());
const after = await whoami(connected);
say({ before, after, refreshed: ![stale, "stale"].includes(provider.kept.tokens.access_token), client: provider.kept.client, visits: provider.visits.length });
await read();
let refused = "";
try { await whoami(connected); } catch (error) { refused = String(error); }
say({ refused, visits: provider.visits.length });
process.exit(0);
