/** Paths of C2SP's x509-limbo that are about P-256, against path validation and names. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { NodeCrypto } from "../../../hosts/simulator/board/accelerator.ts";
import {
	type Certificate,
	purposeClientAuth,
	purposeServerAuth,
	readCertificate,
} from "../../../modules/crypto/certificate.ts";
import { isNamed } from "../../../modules/crypto/certificate-name.ts";
import { chainMax } from "../../../modules/crypto/trust.ts";
import { PathSearch } from "../../../modules/crypto/trust-path.ts";
import vectors from "../../vectors/x509-limbo.json" with { type: "json" };

const crypto = new NodeCrypto();
const read = (base64: string) => readCertificate(new Uint8Array(Buffer.from(base64, "base64")));
const isRead = (certificate: ReturnType<typeof read>): certificate is Certificate => !("code" in certificate);

/** Where we answer otherwise, and why that is meant. */
const differs: Readonly<Record<string, string>> = {
	"rfc5280::aki::leaf-missing-aki":
		"key identifiers are hints for finding a path, and small certificates leave them out",
	"rfc5280::aki::intermediate-missing-aki": "the same",
	"rfc5280::ski::root-missing-ski": "the same",
	"rfc5280::ski::intermediate-missing-ski": "the same",
	"rfc5280::root-non-critical-basic-constraints": "what it says is heeded all the same",
	"rfc5280::san::underscore-dns": "the DNS knows such names",
	"rfc5280::ca-as-leaf": "keyUsage without digitalSignature: RFC 5246 §7.4.2",
	"pathlen::validation-ignores-pathlen-in-leaf": "the same",
	"rfc5280::nc::permitted-dns-match": "name constraints are refused, not processed",
	"webpki::san::no-san": "a rule of browsers: LwM2M lets the Common Name stand in",
	"webpki::san::san-critical-with-nonempty-subject": "a rule of browsers",
	"webpki::malformed-aia": "a rule of browsers: extensions that are not known here are not opened",
	"webpki::ee-basicconstraints-ca": "a rule of browsers: self-signed servers are CAs more often than not",
};

function outcome({ anchors, chain, kind, nowS, host }: (typeof vectors.cases)[number]): string {
	const leaf = read(chain[0]!);
	if (!isRead(leaf)) return leaf.code;
	if (chain.length > chainMax) return "trust.chainLength";
	const trusted = anchors
		.map(read)
		.filter(isRead)
		.flatMap((certificate) => (certificate.point === undefined ? [] : [{ certificate, point: certificate.point }]));
	const purpose = kind === "CLIENT" ? purposeClientAuth : purposeServerAuth;
	const pool = chain.slice(1).map(read).filter(isRead);
	const search = new PathSearch({ crypto, purpose, nowS: nowS ?? 1_790_000_000, anchors: trusted, pool });
	const fault = search.run(leaf);
	if (fault !== undefined) return fault.code;
	return host === null || isNamed(leaf, host) ? "trusted" : "trust.name";
}

const met = new Set<string>();

for (const row of vectors.cases) {
	test(`x509-limbo: ${row.id}`, () => {
		const answer = outcome(row);
		const isDifferent = row.id in differs;
		if (isDifferent) met.add(row.id);
		equal(answer === "trusted", row.isGood !== isDifferent, answer);
	});
}

test("x509-limbo: both answers are met, and every difference", () => {
	ok(vectors.cases.filter(({ isGood }) => isGood).length >= 20);
	ok(vectors.cases.filter(({ isGood }) => !isGood).length >= 40);
	equal([...met].sort().join(), Object.keys(differs).sort().join());
});
