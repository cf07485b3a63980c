/** The Bootstrap-Server over DTLS: pre-shared keys, raw public keys, certificates. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Chance } from "../../../../hosts/simulator/chance.ts";
import { drawIdentity } from "../../../../hosts/simulator/server/server-identity.ts";
import { Code } from "../../../../modules/coap/code.ts";
import type { PeerVerifier } from "../../../../modules/crypto/trust.ts";
import { CertificateType } from "../../../../modules/dtls/extensions.ts";
import { account, BootstrapStage, bootstrapAddress } from "./bootstrap-stage.ts";
import { type Credentials, key, SecureClient } from "./secure-client.ts";

const securePort = 5784;
const to = { host: bootstrapAddress.host, port: securePort };
const chance = new Chance(11);
const identity = drawIdentity("dormouse", (bytes) => chance.fill(bytes));
const ecdsa = [0xc0ae];

/** Whoever shows a key is believed: it is the server that is asked here. */
const trust: PeerVerifier = {
	verifyRawKey: (spki) => spki.slice(-65),
	verifyChain: () => {
		throw new Error("only its raw key was asked for");
	},
};

function asymmetric(kind: "rpk" | "x509"): Credentials {
	return (crypto) => {
		const privateKey = crypto.p256!.importPrivateKey(identity.privateKey)!;
		const { publicKey: rawPublicKey, chain } = identity;
		const shown = kind === "rpk" ? { privateKey, rawPublicKey } : { privateKey, chain };
		return { suites: ecdsa, identity: shown, trust, peerCertificateTypes: [CertificateType.rawPublicKey] };
	};
}

function client(stage: BootstrapStage, credentials: Credentials): SecureClient {
	const it = new SecureClient(stage, credentials, 3, to);
	it.answer = ({ code }) => ({
		code: code === Code.get ? Code.content : code === Code.delete ? Code.deleted : Code.changed,
	});
	return it;
}

const request = (query: readonly string[]) => ({ code: Code.post, path: ["bs"], query });
const open = () => BootstrapStage.open(account, { securePort, clientAuthorities: identity.chain, hasCalendar: false });

for (const [kind, credentials, add] of [
	["psk", "psk-of-dormouse", { mode: "psk", identity: "psk-of-dormouse", key }],
	["rpk", asymmetric("rpk"), { mode: "rpk", publicKey: identity.publicKey }],
	["x509", asymmetric("x509"), { mode: "x509" }],
] as const) {
	test(`[CORE-SRV-1] a session over DTLS with ${kind}; its name may be left out`, async () => {
		for (const query of [["ep=dormouse", "pct=112"], []]) {
			const stage = await open();
			stage.server.security.add({ endpoint: "dormouse", ...add });
			const it = client(stage, credentials);
			equal(await it.ask(request(query)), Code.changed);
			await stage.pass(5000);
			deepEqual(it.asked, ["0/1", "1/0", "bs"]);
			deepEqual(stage.events.finished, [{ endpoint: "dormouse", how: "finish" }]);
		}
	});
}

test("a client with credentials in the clear, and one with those of another, are Unauthorized", async () => {
	const stage = await open();
	stage.server.security.add({ endpoint: "dormouse", mode: "psk", identity: "one", key });
	stage.server.security.add({ endpoint: "other", mode: "psk", identity: "two", key });
	equal(await stage.request(), "4.00");
	equal(await client(stage, "two").ask(request(["ep=dormouse"])), Code.badRequest);
	deepEqual(stage.names, ["new session", "unauthorized", "new session", "unauthorized"]);
	deepEqual(stage.events.failed, [
		{ endpoint: "dormouse", cause: "UNAUTHORIZED" },
		{ endpoint: "dormouse", cause: "UNAUTHORIZED" },
	]);
	deepEqual(stage.events.answered, []);
});

test("[Opt-001] a Bootstrap-Pack over DTLS, its name left out", async () => {
	const stage = await open();
	stage.server.security.add({ endpoint: "dormouse", mode: "psk", identity: "one", key });
	const it = client(stage, "one");
	equal(await it.ask({ code: Code.get, path: ["bspack"], accept: 112 }), Code.content);
	deepEqual(stage.events.finished, [{ endpoint: "dormouse", how: "pack" }]);
});
