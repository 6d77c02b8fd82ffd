// The certified provider `oidc-provider`, on loopback with TLS, for tests. Arguments: its folder, port, certificate, key,
// the file of its private keys (JWKS), and the address to which browsers come back. Whoever signs in is the person that
// they write; the password is anything. A person `ana` is in the group `security`.
import { createServer } from "node:https";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [folder, port, cert, key, keys, back] = process.argv.slice(2);
const module = join(folder, "node_modules", "oidc-provider", "lib", "index.js");
const { default: Provider } = await import(pathToFileURL(module));
const provider = new Provider(`https://localhost:${port}`, {
  clients: [
    { client_id: "bomgate", client_secret: "s3cret &%", redirect_uris: [back], response_types: ["code"] },
    { client_id: "public", token_endpoint_auth_method: "none", redirect_uris: [back], response_types: ["code"] },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], groups: ["groups"] },
  scopes: ["openid", "email", "groups"],
  conformIdTokenClaims: false,
  cookies: { keys: ["a key of these tests"] },
  jwks: JSON.parse(readFileSync(keys, "utf8")),
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: `${id}@corp.example`,
      email_verified: id !== "mallory",
      groups: id === "ana" ? ["security"] : id === "mallory" ? ["system:masters"] : [],
    }),
  }),
});
createServer({ cert: readFileSync(cert), key: readFileSync(key) }, provider.callback()).listen(Number(port), "localhost", () =>
  console.log("listening"),
);
