import { fromHex, toHex } from "../../../modules/bytes.ts";
import { Aes } from "../../../modules/crypto/aes.ts";
import { Ccm } from "../../../modules/crypto/ccm.ts";
import { equal, ok, test } from "../../harness.ts";
import cavs from "../../vectors/ccm-rfc3610-cavs.json" with { type: "json" };
import wycheproof from "../../vectors/wycheproof-aes-ccm.json" with { type: "json" };

const hex = (text: string) => fromHex(text)!;

/** The shapes that the port does not offer, too: nonces of 7 to 13 bytes, tags of 4 to 16. */
function check(cases: typeof cavs.cases): void {
	const aes = new Aes();
	const ccm = new Ccm(aes);
	let good = 0;
	let bad = 0;
	for (const { name, key, nonce, aad, plain, sealed, tagSize, valid } of cases) {
		aes.setKey(hex(key));
		const bytes = hex(sealed);
		const into = new Uint8Array(bytes.length).fill(0xee);
		const size = ccm.open(hex(nonce), hex(aad), bytes, 0, bytes.length, into, 0, tagSize);
		if (!valid) {
			bad++;
			equal(size, -1, name);
			for (let index = 0; index < bytes.length - tagSize; index++) equal(into[index], 0, `${name}: plaintext is left`);
			continue;
		}
		good++;
		equal(size, plain.length / 2, name);
		equal(toHex(into, 0, size), plain, name);
		equal(ccm.seal(hex(nonce), hex(aad), into, 0, size, into, 0, tagSize), bytes.length, name);
		equal(toHex(into), sealed, name);
	}
	ok(good > 20 && bad > 5, `${good} good, ${bad} bad`);
}

test(`CCM: ${cavs.cases.length} of RFC 3610 and NIST CAVS`, () => check(cavs.cases));

test(`CCM: ${wycheproof.cases.length} of Wycheproof`, () => check(wycheproof.cases));
