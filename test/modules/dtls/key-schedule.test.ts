import { fromHex, toHex } from "../../../modules/bytes.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { HandshakeType } from "../../../modules/dtls/handshake-type.ts";
import { signedHash, writeEcdheParameters } from "../../../modules/dtls/key-exchange.ts";
import { keyBlock, masterSecret, verifyData } from "../../../modules/dtls/key-schedule.ts";
import { Transcript } from "../../../modules/dtls/transcript.ts";
import { equal, ok, test } from "../../harness.ts";
import vectors from "../../vectors/dtls-handshake.json" with { type: "json" };

const crypto = new PortableCrypto({ entropy: { fill: (bytes) => bytes.fill(1) } });

test("whole PSK handshakes of OpenSSL and GnuTLS: master secret, key block and both Finished", () => {
	const kinds = new Set<boolean>();
	for (const schedule of vectors.schedules) {
		const { name } = schedule;
		const transcript = new Transcript(crypto);
		const add = ({ type, sequence, body }: { type: number; sequence: number; body: string }) =>
			transcript.add(type, sequence, fromHex(body)!);
		schedule.messages.forEach(add);
		const randoms = {
			clientRandom: fromHex(schedule.clientRandom)!,
			serverRandom: fromHex(schedule.serverRandom)!,
		};
		const secret = crypto.importSecret(fromHex(schedule.psk)!);
		const sessionHash = schedule.extendedMasterSecret ? transcript.hash() : undefined;
		const master = masterSecret(crypto, { secret, premaster: "psk", ...randoms, sessionHash });
		equal(toHex(crypto.exportSecret(master)!), schedule.master, name);
		equal(toHex(keyBlock(crypto, master, randoms, 40)), schedule.keyBlock, name);
		const finished = verifyData(crypto, master, "client finished", transcript.hash());
		equal(toHex(finished), schedule.clientFinished, name);
		transcript.add(HandshakeType.finished, schedule.finishedSequence, finished);
		schedule.between.forEach(add);
		equal(toHex(verifyData(crypto, master, "server finished", transcript.hash())), schedule.serverFinished, name);
		kinds.add(schedule.extendedMasterSecret);
		crypto.release(secret);
		crypto.release(master);
	}
	equal(kinds.size, 2, "with and without extended master secret");
});

test("what a ServerKeyExchange signs: both randoms and its parameters (RFC 8422 §5.4)", () => {
	const parameters = writeEcdheParameters(new Uint8Array(65).fill(4));
	equal(toHex(parameters, 0, 6), "030017410404");
	const clientRandom = new Uint8Array(32).fill(1);
	const serverRandom = new Uint8Array(32).fill(2);
	const all = crypto.sha256();
	for (const part of [clientRandom, serverRandom, parameters]) all.update(part, 0, part.length);
	const buffer = new Uint8Array(100);
	buffer.set(parameters, 9);
	const hash = signedHash(crypto, { clientRandom, serverRandom }, buffer, 9, 9 + parameters.length);
	equal(toHex(hash), toHex(all.digest()));
	const swapped = signedHash(
		crypto,
		{ clientRandom: serverRandom, serverRandom: clientRandom },
		parameters,
		0,
		parameters.length,
	);
	ok(toHex(swapped) !== toHex(hash));
});
