import { fromHex, toHex } from "../../../modules/bytes.ts";
import { portableP256 } from "../../../modules/crypto/p256.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { readCertificateVerify } from "../../../modules/dtls/certificate-message.ts";
import { HandshakeType } from "../../../modules/dtls/handshake-type.ts";
import { readEcdheServerKeyExchange, signedHash, writeEcdheParameters } from "../../../modules/dtls/key-exchange.ts";
import { keyBlock, masterSecret, verifyData } from "../../../modules/dtls/key-schedule.ts";
import { readSignature } from "../../../modules/dtls/signature.ts";
import { Transcript } from "../../../modules/dtls/transcript.ts";
import { equal, ok, test } from "../../harness.ts";
import vectors from "../../vectors/dtls-handshake.json" with { type: "json" };

const crypto = new PortableCrypto({ entropy: { fill: (bytes) => bytes.fill(1) }, p256: portableP256 });
const verifies = (point: Uint8Array, hash: Uint8Array, der: Uint8Array) => {
	const signature = readSignature(der);
	return !("code" in signature) && crypto.p256!.verify(point, hash, signature);
};

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

test("a handshake of GnuTLS: what server and client signed is what we hash (RFC 8422 §5.4, RFC 5246 §7.4.8)", () => {
	const messages = vectors.cases
		.filter(({ name }) => name.startsWith("GnuTLS, raw public keys"))
		.map(({ name, type, hex }) => ({ type: type!, sequence: Number(name.slice(-1)), body: fromHex(hex)! }));
	const of = (type: number, which = 0) => messages.filter((message) => message.type === type)[which]!.body;
	// a SubjectPublicKeyInfo ends with its point
	const keyOf = (which: number) => of(HandshakeType.certificate, which).slice(-65);
	const randoms = {
		clientRandom: of(HandshakeType.clientHello, 1).slice(2, 34),
		serverRandom: of(HandshakeType.serverHello).slice(2, 34),
	};
	const keyExchange = of(HandshakeType.serverKeyExchange);
	const read = readEcdheServerKeyExchange(keyExchange, 0, keyExchange.length);
	ok(!("code" in read));
	ok(verifies(keyOf(0), signedHash(crypto, randoms, keyExchange, read.signedAt, read.signedEnd), read.signature));

	const transcript = new Transcript(crypto);
	const { clientHello, helloVerifyRequest, serverHelloDone, certificateRequest, certificateVerify } = HandshakeType;
	for (const { type, sequence, body } of messages) {
		if (type === helloVerifyRequest || (type === clientHello && sequence === 0)) continue;
		if (type === certificateVerify) break;
		transcript.add(type, sequence, body);
		if (type === certificateRequest) transcript.add(serverHelloDone, sequence + 1, new Uint8Array(0));
	}
	const verify = of(certificateVerify);
	const signed = readCertificateVerify(verify, 0, verify.length);
	ok(!("code" in signed));
	ok(verifies(keyOf(1), transcript.hash(), signed.signature));
});
