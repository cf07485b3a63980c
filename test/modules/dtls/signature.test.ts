import { fromHex, toHex } from "../../../modules/bytes.ts";
import { readSignature, writeSignature } from "../../../modules/dtls/signature.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import vectors from "../../vectors/dtls-handshake-signatures.json" with { type: "json" };

const cases = vectors.cases as readonly { readonly name: string; readonly hex: string; readonly rs?: string }[];

test("ECDSA signatures of Wycheproof: DER is read, anything else refused", () => {
	let good = 0;
	for (const { name, hex, rs } of cases) {
		const signature = readSignature(fromHex(hex)!);
		equal("code" in signature ? "refused" : toHex(signature), rs ?? "refused", name);
		if (!("code" in signature)) {
			good += 1;
			equal(toHex(writeSignature(signature)), hex, name);
		}
	}
	ok(good > 50 && cases.length - good > 200, `${good} good of ${cases.length}`);
});

test("every truncation and every bit flip of a signature is refused or is another signature", () => {
	const hex = cases.find(({ rs, hex }) => rs !== undefined && hex.startsWith("3046"))!.hex;
	const der = fromHex(hex)!;
	for (let end = 0; end < der.length; end++) ok("code" in readSignature(der.subarray(0, end)), `cut at ${end}`);
	for (let at = 0; at < der.length; at++) {
		for (let bit = 0; bit < 8; bit++) {
			der[at]! ^= 1 << bit;
			const signature = readSignature(der);
			if (!("code" in signature)) deepEqual(writeSignature(signature), der);
			der[at]! ^= 1 << bit;
		}
	}
});

test("what is written is read, for numbers of any size", () => {
	for (let seed = 1; seed <= 100; seed++) {
		const draw = seeded(seed);
		const signature = new Uint8Array(64);
		for (let at = draw(32); at < 32; at++) signature[at] = draw(256);
		for (let at = 32 + draw(32); at < 64; at++) signature[at] = draw(256);
		signature[31]! |= 1;
		signature[63]! |= 1;
		deepEqual(readSignature(writeSignature(signature)), signature, `seed=${seed}`);
	}
	ok("code" in readSignature(writeSignature(new Uint8Array(64))), "zeros");
});
