import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { NodeCrypto } from "../../../../hosts/simulator/board/accelerator.ts";
import { buildHttp } from "../../../../hosts/simulator/server/rest/http.ts";
import {
	type SecurityInfo,
	SecurityRefused,
	SecurityStore,
} from "../../../../hosts/simulator/server/security-store.ts";
import { drawIdentity } from "../../../../hosts/simulator/server/server-identity.ts";
import { fromHex, toHex, utf8 } from "../../../../modules/bytes.ts";
import { readCertificate } from "../../../../modules/crypto/certificate.ts";
import { seeded } from "../../../harness.ts";
import { Stage } from "./stage.ts";

const spki =
	"3059301306072a8648ce3d020106082a8648ce3d03010703420004" +
	"fcc28728c123b155be410fc1c0651da374fc6ebe7f96606e90d927d188894a73d2ffaa76d957d07459d6b22a55ade0a5" +
	"35e65f4e98c2e2d0a1bc53bd2c9f2c53";

function store(limit = 8) {
	const crypto = new NodeCrypto();
	const removed: SecurityInfo[] = [];
	return { crypto, removed, it: new SecurityStore(crypto, limit, (info) => removed.push(info)) };
}

const psk = (endpoint: string, identity: string, key = "00ff"): SecurityInfo => ({
	endpoint,
	mode: "psk",
	identity,
	key: fromHex(key)!,
});

test("[CORE-SEC] a security store has one entry an endpoint, one endpoint an identity, and gives its keys back", () => {
	const { crypto, removed, it } = store();
	it.add(psk("a", "me"));
	it.add(psk("a", "me"));
	deepEqual([it.size, removed.length, crypto.keyCount], [1, 0, 1]);
	throws(() => it.add(psk("b", "me")), SecurityRefused);
	const before = it.keyOf(utf8("me"));
	ok(before !== undefined);
	it.add(psk("a", "other", "11"));
	equal(it.keyOf(utf8("me")), undefined);
	ok(it.keyOf(utf8("other")) !== undefined);
	equal(removed.length, 1, "sessions of the old key end");
	it.add(psk("b", "me"));
	it.add({ endpoint: "b", mode: "x509" });
	equal(it.keyOf(utf8("me")), undefined);
	ok(it.remove("a") && it.remove("b") && !it.remove("b"));
	equal(crypto.keyCount, 0);
});

test("[CORE-SEC] a full store refuses, and replaces all the same", () => {
	const { it } = store(1);
	it.add(psk("a", "me"));
	throws(() => it.add(psk("b", "you")), /No room: 1 endpoints/);
	it.add(psk("a", "you"));
	it.clear();
	equal(it.size, 0);
});

test("[CORE-SEC] who may register as whom, as Leshan's SecurityChecker decides", () => {
	const { it } = store();
	const point = fromHex(spki)!.subarray(26);
	it.add(psk("psk", "me"));
	it.add({ endpoint: "rpk", mode: "rpk", publicKey: fromHex(spki)! });
	it.add({ endpoint: "x509", mode: "x509" });
	const me = { psk: utf8("me") };
	const key = { publicKey: point };
	const certified = { publicKey: point, commonName: "x509" };
	for (const [endpoint, proven, expected] of [
		["nobody", undefined, true],
		["nobody", me, false],
		["psk", undefined, false],
		["psk", me, true],
		["psk", { psk: utf8("Me") }, false],
		["psk", key, false],
		["psk", {}, false],
		["rpk", key, true],
		["rpk", { publicKey: point.map((byte, index) => (index === 64 ? byte ^ 1 : byte)) }, false],
		["rpk", me, false],
		["rpk", certified, false],
		["x509", certified, true],
		["x509", { publicKey: point, commonName: "rpk" }, false],
		["x509", key, false],
		["x509", undefined, false],
	] as const) {
		equal(it.isAuthorized(endpoint, proven), expected, `${endpoint} ${JSON.stringify(proven)}`);
	}
});

test("a server draws a key and a certificate that the world and the device can read", () => {
	const chance = seeded(5);
	const fill = (bytes: Uint8Array) => {
		for (let index = 0; index < bytes.length; index++) bytes[index] = chance(256);
	};
	const { publicKey, privateKey, chain } = drawIdentity("a server", fill);
	const certificate = new X509Certificate(Uint8Array.from(chain[0]!));
	equal(certificate.subject, "CN=a server");
	ok(certificate.verify(certificate.publicKey));
	equal(toHex(publicKey), certificate.publicKey.export({ format: "der", type: "spki" }).toString("hex"));
	const crypto = new NodeCrypto();
	equal(toHex(crypto.p256.publicPoint(crypto.p256.importPrivateKey(privateKey)!)), toHex(publicKey.subarray(26)));
	ok(!("code" in readCertificate(chain[0]!)));
});

test("REST: /api/security/clients as leshan-demo-server has it", async () => {
	const { server } = await Stage.open();
	const http = buildHttp(server);
	const put = async (body: unknown) => {
		const payload = typeof body === "string" ? body : JSON.stringify(body);
		const headers = { "content-type": "application/json" };
		const { statusCode, body: text } = await http.inject({
			method: "PUT",
			url: "/api/security/clients/",
			payload,
			headers,
		});
		return `${statusCode} ${text}`;
	};
	const pskInfo = { endpoint: "urn:a/b", tls: { mode: "psk", details: { identity: "me", key: "00ff" } } };
	const rpkInfo = { endpoint: "r", tls: { mode: "rpk", details: { key: spki } } };
	const x509Info = { endpoint: "x", tls: { mode: "x509" } };
	for (const info of [pskInfo, rpkInfo, x509Info]) equal(await put(info), "200 ");
	deepEqual((await http.inject("/api/security/clients")).json(), [pskInfo, rpkInfo, x509Info]);
	const one = `/api/security/clients/${encodeURIComponent("urn:a/b")}`;
	deepEqual((await http.inject(one)).json(), pskInfo);
	for (const [body, answer] of [
		["{", "400 Invalid request body: it is not JSON"],
		[[], "400 Invalid request body: Security info should be a json object"],
		[{ tls: { mode: "x509" } }, "400 Invalid request body: Missing endpoint"],
		[{ endpoint: "a" }, "400 Invalid request body: tls field should be a json object"],
		[{ endpoint: "a", tls: { mode: "none" } }, "400 Invalid request body: Invalid security info content"],
		[{ endpoint: "a", tls: { mode: "psk" } }, "400 Invalid request body: details field should be a json object"],
		[{ endpoint: "a", tls: { mode: "psk", details: { key: "00" } } }, "400 Invalid request body: Missing PSK identity"],
		[
			{ endpoint: "a", tls: { mode: "psk", details: { identity: "i", key: "0" } } },
			"400 Invalid request body: key parameter must be a valid hex string",
		],
		[
			{ endpoint: "a", tls: { mode: "rpk", details: { key: "0102" } } },
			"400 Invalid request body: key is no SubjectPublicKeyInfo of P-256",
		],
		[
			{ endpoint: "b", tls: { mode: "psk", details: { identity: "me", key: "00" } } },
			"400 PSK Identity me is already used",
		],
	] as const) {
		equal(await put(body), answer);
	}
	equal((await http.inject({ method: "DELETE", url: one })).body, "");
	deepEqual((await http.inject({ method: "DELETE", url: one })).json(), { message: "not_found" });
	equal((await http.inject(one)).statusCode, 404);
	await http.close();
});

test("REST: what the server shows of itself, and where it listens", async () => {
	const plain = await Stage.open();
	const without = buildHttp(plain.server);
	deepEqual((await without.inject("/api/security/server")).json(), {});
	equal((await without.inject("/api/server/endpoint")).json().length, 1);
	await without.close();

	const { server } = await Stage.open({ securePort: 5684 });
	const http = buildHttp(server);
	for (const url of ["/api/security/server", "/api/server/security"]) {
		const { certificate } = (await http.inject(url)).json();
		const { publicKey } = new X509Certificate(Uint8Array.from(Buffer.from(certificate.b64Der, "base64")));
		equal(certificate.pubkey.b64Der, publicKey.export({ format: "der", type: "spki" }).toString("base64"));
		const { x } = publicKey.export({ format: "jwk" });
		equal(certificate.pubkey.x.padStart(64, "0"), Buffer.from(x!, "base64url").toString("hex"));
	}
	deepEqual(
		(await http.inject("/api/server/endpoint")).json().map(({ uri }: { uri: { full: string } }) => uri.full),
		["coap://10.9.9.9:5683", "coaps://10.9.9.9:5684"],
	);
	await http.close();
});
