/**
 * Makes test/vectors/x509.json anew, with new keys: `npm run build && node build/js/test/hosts/x509/generate.js`.
 * What OpenSSL's command line makes has `openssl-` in its name; the rest is written by certificate-writer.ts and signed
 * by node:crypto. Needs `openssl` 3.0 or later on the path. Not part of the tests.
 */
import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as w from "./certificate-writer.ts";
import { chainCases } from "./chain-cases.ts";
import { readerCases } from "./reader-cases.ts";

const target = fileURLToPath(new URL("../../../../../test/vectors/x509.json", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "x509-"));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const keys: Record<string, w.KeyPair> = {};
for (const key of ["root", "other", "middle", "low", "device", "stranger"]) keys[key] = w.keyPair();
const { root, other, middle, low, device, stranger } = keys as Record<string, w.KeyPair>;

const ca = (pathLength?: number) => [w.basicConstraints(true, pathLength), w.keyUsage(0x06)];
const leaf = (...more: Uint8Array[]) => [
	w.basicConstraints(false),
	w.keyUsage(0x80),
	w.extendedKeyUsage(w.serverAuth),
	w.altNames(w.dns("lwm2m.example.com"), w.address(192, 0, 2, 7)),
	...more,
];
const own = { subject: w.name("root") };
const unknown = (isCritical: boolean) => w.extension("2b0601040182375501", isCritical, w.integer(1));
const permitted = w.sequence(w.element(0xa0, w.sequence(w.dns("example.com"))));
const underMiddle = { issuer: w.name("middle"), subject: w.name("lwm2m.example.com"), spki: device!.spki };
const ofDevice = { subject: w.name("lwm2m.example.com"), spki: device!.spki };

/** Certificates by name; the key that signed each. */
const made: Record<string, [Uint8Array, w.KeyPair]> = {};
const make = (name: string, signer: w.KeyPair, form: Partial<w.Form>) => {
	made[name] = [w.writeCertificate(signer, form), signer];
};

make("root", root!, { ...own, extensions: ca() });
make("root-expired", root!, { ...own, notAfter: w.time("210101000000Z"), extensions: ca() });
make("root-constrained", root!, { ...own, extensions: [...ca(), w.extension("551d1e", true, permitted)] });
make("root-pathlen0", root!, { ...own, extensions: ca(0) });
make("root-v1", root!, { ...own, version: w.none });
make("other-root", other!, { issuer: w.name("other"), subject: w.name("other"), spki: other!.spki, extensions: ca() });
make("impostor-root", other!, { ...own, spki: other!.spki, extensions: ca() });
const asMiddle = { subject: w.name("middle"), spki: middle!.spki };
make("middle", root!, { ...asMiddle, extensions: ca(0) });
make("middle-cross", other!, { ...asMiddle, issuer: w.name("other"), extensions: ca(0) });
make("middle-not-ca", root!, { ...asMiddle, extensions: [w.basicConstraints(false), w.keyUsage(0x06)] });
make("middle-no-constraints", root!, { ...asMiddle, extensions: [w.altNames(w.dns("middle"))] });
make("middle-no-sign", root!, { ...asMiddle, extensions: [w.basicConstraints(true), w.keyUsage(0x80)] });
make("middle-client", root!, { ...asMiddle, extensions: [...ca(), w.extendedKeyUsage(w.clientAuth)] });
make("middle-critical", root!, { ...asMiddle, extensions: [...ca(), unknown(true)] });
make("middle-constrained", root!, { ...asMiddle, extensions: [...ca(), w.extension("551d1e", false, permitted)] });
make("middle-v1", root!, { ...asMiddle, version: w.none });
make("middle-stranger", stranger!, { ...asMiddle, extensions: ca() });
make("low", middle!, { issuer: w.name("middle"), subject: w.name("low"), spki: low!.spki, extensions: ca() });
make("low-self-issued", middle!, {
	issuer: w.name("middle"),
	subject: w.name("middle"),
	spki: low!.spki,
	extensions: ca(),
});
make("server-low", low!, { ...underMiddle, issuer: w.name("low"), extensions: leaf() });
make("server-low-self", low!, { ...underMiddle, extensions: leaf() });
make("server", middle!, { ...underMiddle, extensions: leaf() });
make("server-direct", root!, { ...ofDevice, extensions: leaf() });
make("server-expired", middle!, { ...underMiddle, notAfter: w.time("210101000000Z"), extensions: leaf() });
make("server-future", middle!, {
	...underMiddle,
	notBefore: w.time("20510101000000Z"),
	notAfter: w.time("99991231235959Z"),
	extensions: leaf(),
});
make("server-critical", middle!, { ...underMiddle, extensions: leaf(unknown(true)) });
make("server-noncritical", middle!, { ...underMiddle, extensions: leaf(unknown(false)) });
make("server-sha384", middle!, { ...underMiddle, algorithm: w.ecdsaSha384, hash: "sha384", extensions: leaf() });
make("server-wildcard", middle!, {
	...underMiddle,
	extensions: [w.altNames(w.dns("*.Example.com"), w.dns("*.com"), w.dns("*"))],
});
make("server-cn", middle!, { ...underMiddle, extensions: [w.basicConstraints(false)] });
make("server-cn-ip", middle!, {
	...underMiddle,
	subject: w.name("192.0.2.7"),
	extensions: [w.basicConstraints(false)],
});
make("server-ip6", middle!, {
	...underMiddle,
	extensions: [w.altNames(w.address(...[0x20, 1, 0xd, 0xb8], ...new Array(11).fill(0), 1))],
});
make("server-empty", middle!, { ...underMiddle, subject: w.name(""), extensions: leaf() });
make("server-agreement", middle!, {
	...underMiddle,
	extensions: [w.keyUsage(0x08), w.altNames(w.dns("lwm2m.example.com"))],
});
make("client", middle!, {
	...underMiddle,
	subject: w.name("urn:dev:ops:1"),
	extensions: [w.extendedKeyUsage(w.clientAuth), w.altNames(w.dns("lwm2m.example.com"))],
});
make("self-signed", device!, {
	issuer: w.name("lwm2m.example.com"),
	...ofDevice,
	extensions: undefined,
	version: w.none,
});
make("self-signed-v3", device!, { issuer: w.name("lwm2m.example.com"), ...ofDevice, extensions: leaf() });
make("server-cn-abcd", middle!, { ...underMiddle, subject: w.name("abcd"), extensions: [w.basicConstraints(false)] });
make("by-leaf", device!, {
	issuer: w.name("lwm2m.example.com"),
	subject: w.name("stranger"),
	spki: stranger!.spki,
	extensions: leaf(),
});

function openssl(
	name: string,
	key: w.KeyPair,
	subject: string,
	issuer: string | undefined,
	...more: readonly string[]
): void {
	const path = (file: string) => join(folder, file);
	const signer = issuer === undefined ? key : made[issuer]![1] === root ? root! : keys[issuer]!;
	const save = (file: string, pair: w.KeyPair) =>
		writeFileSync(path(file), String(pair.privateKey.export({ format: "pem", type: "pkcs8" })));
	save("key.pem", key);
	save("signer.pem", signer);
	writeFileSync(path("empty.cnf"), "[req]\ndistinguished_name=dn\n[dn]\n");
	const by = issuer === undefined ? [] : ["-CA", path("issuer.pem"), "-CAkey", path("signer.pem")];
	if (issuer !== undefined) writeFileSync(path("issuer.pem"), new X509Certificate(made[issuer]![0]).toString());
	const extensions = more.flatMap((line) => ["-addext", line]);
	const all = [
		"req",
		"-x509",
		"-new",
		"-sha256",
		"-days",
		"7000",
		"-utf8",
		"-config",
		path("empty.cnf"),
		"-key",
		path("key.pem"),
	];
	execFileSync(
		"openssl",
		[...all, "-subj", subject, "-outform", "DER", "-out", path("out.der"), ...by, ...extensions],
		{ stdio: "pipe" },
	);
	made[name] = [new Uint8Array(readFileSync(path("out.der"))), signer];
}

openssl(
	"openssl-root",
	root!,
	"/C=FI/O=Dormouse/CN=openssl root",
	undefined,
	"basicConstraints=critical,CA:TRUE",
	"keyUsage=critical,keyCertSign,cRLSign",
);
openssl(
	"openssl-server",
	device!,
	"/O=Dormouse/CN=lwm2m.example.com",
	"openssl-root",
	"basicConstraints=critical,CA:FALSE",
	"keyUsage=critical,digitalSignature",
	"extendedKeyUsage=serverAuth",
	"subjectAltName=DNS:lwm2m.example.com,IP:192.0.2.7,IP:2001:db8::1",
);
openssl(
	"openssl-client",
	device!,
	"/CN=höyry-1",
	"openssl-root",
	"extendedKeyUsage=clientAuth",
	"basicConstraints=CA:FALSE",
);
rmSync(folder, { recursive: true });

const certificates = Object.fromEntries(
	Object.entries(made).map(([name, [bytes, signer]]) => {
		const oracle = new X509Certificate(bytes);
		if (!oracle.verify(oraclePublic(signer))) throw new Error(`${name} does not verify`);
		return [name, { hex: hex(bytes), signer: Object.keys(keys).find((key) => keys[key] === signer) }];
	}),
);
function oraclePublic(pair: w.KeyPair) {
	return new X509Certificate(w.writeCertificate(pair, {})).publicKey;
}

const points = Object.fromEntries(Object.entries(keys).map(([name, { point }]) => [name, hex(point)]));
const bytesOf = Object.fromEntries(Object.entries(made).map(([name, [bytes]]) => [name, bytes]));
const forms = w.privateForms(device!.privateKey);
const vectors = {
	source:
		"Made by test/hosts/x509/generate.ts. Names with openssl-: OpenSSL's command line; " +
		"the rest: certificate-writer.ts, signed by node:crypto (OpenSSL), which also verified every signature here.",
	points,
	certificates,
	hashes: { server: sha256(bytesOf.server!), deviceKey: sha256(device!.spki), root: sha256(bytesOf.root!) },
	spki: hex(device!.spki),
	privateKey: { pkcs8: hex(forms.pkcs8), sec1: hex(forms.sec1), scalar: hex(forms.scalar) },
	chains: chainCases,
	reader: readerCases(root!, device!),
};
writeFileSync(target, `${JSON.stringify(vectors, undefined, "\t")}\n`);
process.stdout.write(`${target}: ${Object.keys(certificates).length} certificates\n`);
