/** Certificates, keys and signatures that are wrong as DER or as X.509 (RFC 5280 §4), and some that are right. */
import * as w from "./certificate-writer.ts";

export interface ReaderCase {
	readonly name: string;
	readonly of: "certificate" | "spki" | "privateKey" | "signature";
	readonly hex: string;
	readonly fault?: string;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

export function readerCases(root: w.KeyPair, device: w.KeyPair): ReaderCase[] {
	return [...forms(root), ...encodings(root), ...times(root), ...keys(device), ...signatures()];
}

function forms(root: w.KeyPair): ReaderCase[] {
	const row = (name: string, form: Partial<w.Form>, fault?: string): ReaderCase => ({
		name,
		of: "certificate",
		hex: hex(w.writeCertificate(root, form)),
		...(fault === undefined ? {} : { fault }),
	});
	const extensions = (...list: Uint8Array[]) => ({ extensions: list });
	const usage = (bits: Uint8Array) => extensions(w.extension("551d0f", true, bits));
	const constraints = (...content: Uint8Array[]) => extensions(w.extension("551d13", true, w.sequence(...content)));
	return [
		row("version 3", extensions(w.basicConstraints(true, 1))),
		row("version 1", { version: w.none }),
		row("version 1 written out", { version: w.element(0xa0, w.integer(0)) }, "x509.version"),
		row("version 2", { version: w.element(0xa0, w.integer(1)) }, "x509.version"),
		row("version 4", { version: w.element(0xa0, w.integer(3)) }, "x509.version"),
		row("version 1 with extensions", { version: w.none, ...extensions(w.keyUsage(0x80)) }, "x509.version"),
		row("serial number 0", { serial: w.integer(0) }, "x509.serial"),
		row("serial number below 0", { serial: w.integer(0x80) }, "der.integer"),
		row("serial number of 20 bytes", { serial: w.integer(...new Array(20).fill(0x7f)) }),
		row("serial number of 21 bytes", { serial: w.integer(...new Array(21).fill(0x7f)) }, "x509.serial"),
		row("serial number with a zero too many", { serial: w.integer(0, 1) }, "der.integer"),
		row("serial number without bytes", { serial: w.integer() }, "der.integer"),
		row("empty issuer", { issuer: w.name("") }, "x509.issuer"),
		row("algorithms differ", { outerAlgorithm: w.ecdsaSha384 }, "x509.algorithm"),
		row(
			"parameters of ecdsa-with-SHA256",
			{ algorithm: w.sequence(w.identifier("2a8648ce3d040302"), w.hex("0500")) },
			"x509.algorithm",
		),
		row("no extension in the list", { extensions: [] }, "x509.extension"),
		row("keyUsage twice", extensions(w.keyUsage(0x80), w.keyUsage(0x80)), "x509.extension"),
		row("33 extensions", extensions(...new Array(33).fill(w.extension("2a03", false, w.integer(1)))), "x509.extension"),
		row(
			"critical FALSE written out",
			extensions(w.sequence(w.identifier("2a03"), w.hex("010100"), w.octets())),
			"der.boolean",
		),
		row("critical as 1", extensions(w.sequence(w.identifier("2a03"), w.hex("010101"), w.octets())), "der.boolean"),
		row("CA false written out", constraints(w.hex("010100")), "der.boolean"),
		row("pathLenConstraint without CA", constraints(w.integer(0)), "x509.extension"),
		row("pathLenConstraint below 0", constraints(w.isTrue, w.integer(0xff)), "der.integer"),
		row("pathLenConstraint of 5 bytes", constraints(w.isTrue, w.integer(1, 0, 0, 0, 0)), "der.integer"),
		row("more in basicConstraints", constraints(w.isTrue, w.integer(0), w.integer(0)), "der.trailing"),
		row("keyUsage of 8 unused bits", usage(w.bits(8, Uint8Array.of(0x80))), "der.bits"),
		row("keyUsage with unused bits set", usage(w.bits(4, Uint8Array.of(0x88))), "der.bits"),
		row("keyUsage with zeros at its end", usage(w.bits(0, Uint8Array.of(0x80))), "x509.extension"),
		row("keyUsage without bits", usage(w.bits(0, w.none)), "x509.extension"),
		row("keyUsage with 9 bits", usage(w.bits(7, Uint8Array.of(0x08, 0x80)))),
		row("extendedKeyUsage of nothing", extensions(w.extendedKeyUsage()), "x509.extension"),
		row("subjectAltName of nothing", extensions(w.altNames()), "x509.extension"),
		row(
			"a byte behind an extension's value",
			extensions(w.extension("551d11", false, w.hex("300382016100"))),
			"der.trailing",
		),
		row("over 4096 bytes", extensions(w.extension("2a03", false, w.octets(new Uint8Array(4000)))), "x509.size"),
	];
}

/** The same certificate, damaged as DER. */
function encodings(root: w.KeyPair): ReaderCase[] {
	const good = w.writeCertificate(root, { extensions: [w.basicConstraints(true)] });
	const row = (name: string, bytes: Uint8Array, fault: string): ReaderCase => ({
		name,
		of: "certificate",
		hex: hex(bytes),
		fault,
	});
	const body = good.slice(4);
	let deep: Uint8Array = w.none;
	for (let depth = 0; depth < 1000; depth++) deep = w.sequence(deep);
	return [
		row("nothing", w.none, "der.truncated"),
		row("one byte", Uint8Array.of(0x30), "der.truncated"),
		row("indefinite length", w.joined(Uint8Array.of(0x30, 0x80), body, Uint8Array.of(0, 0)), "der.length"),
		row("length 0x84ffffffff", w.hex("3084ffffffff3000"), "der.length"),
		row("length 0x82ffff", w.hex("3082ffff3000"), "der.truncated"),
		row("length in more bytes than needed", w.hex("308102308000"), "der.length"),
		row("length with a leading zero", w.hex("308200023000"), "der.length"),
		row("length 0xff", w.hex("30ff3000"), "der.length"),
		row("1000-deep SEQUENCE", deep, "der.tag"),
		row("a SET", w.joined(Uint8Array.of(0x31), good.slice(1)), "der.tag"),
		row("a tag of two bytes", w.hex("3f1000"), "der.tag"),
		row("a byte behind", w.joined(good, Uint8Array.of(0)), "der.trailing"),
		row("a byte missing", good.slice(0, -1), "der.truncated"),
	];
}

function times(root: w.KeyPair): ReaderCase[] {
	const row = (name: string, notAfter: string, fault?: string): ReaderCase => ({
		name: `time ${name}`,
		of: "certificate",
		hex: hex(w.writeCertificate(root, { notAfter: w.time(notAfter), extensions: [w.basicConstraints(true)] })),
		...(fault === undefined ? {} : { fault }),
	});
	const bad = "x509.time";
	return [
		row("29 February 2048", "480229000000Z"),
		row("29 February 2047", "470229000000Z", bad),
		row("1950", "500101000000Z"),
		row("29 February 2400", "24000229235959Z"),
		row("29 February 2100", "21000229000000Z", bad),
		row("no end", "99991231235959Z"),
		row("GeneralizedTime before 2050", "20490101000000Z", bad),
		row("without seconds", "4901010000Z", bad),
		row("with an offset", "490101000000+0000", bad),
		row("with a fraction", "20510101000000.5Z", bad),
		row("lower case", "490101000000z", bad),
		row("month 0", "490001000000Z", bad),
		row("month 13", "491301000000Z", bad),
		row("day 0", "490100000000Z", bad),
		row("31 April", "490431000000Z", bad),
		row("hour 24", "490101240000Z", bad),
		row("minute 60", "490101006000Z", bad),
		row("second 60", "490630235960Z", bad),
		row("not digits", "49010100000aZ", bad),
		row("empty", "", bad),
	];
}

function keys(device: w.KeyPair): ReaderCase[] {
	const { spki, point } = device;
	const algorithm = w.sequence(w.identifier("2a8648ce3d0201"), w.identifier("2a8648ce3d030107"));
	const spkiOf = (key: Uint8Array, unused = 0, about = algorithm) => w.sequence(about, w.bits(unused, key));
	const compressed = w.joined(Uint8Array.of(2 + (point[64]! & 1)), point.slice(1, 33));
	const row = (of: ReaderCase["of"], name: string, bytes: Uint8Array, fault?: string): ReaderCase => ({
		name,
		of,
		hex: hex(bytes),
		...(fault === undefined ? {} : { fault }),
	});
	const { pkcs8, sec1, scalar } = w.privateForms(device.privateKey);
	const ec = (version: number, key: Uint8Array, ...more: Uint8Array[]) =>
		w.sequence(w.integer(version), w.octets(key), ...more);
	const info = (version: number, about: Uint8Array, key: Uint8Array, ...more: Uint8Array[]) =>
		w.sequence(w.integer(version), about, w.octets(key), ...more);
	const p384 = w.keyPair("secp384r1");
	return [
		row("spki", "P-256", spki),
		row("spki", "compressed point", spkiOf(compressed), "key.point"),
		row("spki", "hybrid point", spkiOf(w.joined(Uint8Array.of(6 + (point[64]! & 1)), point.slice(1))), "key.point"),
		row("spki", "point at infinity", spkiOf(Uint8Array.of(0)), "key.point"),
		row("spki", "point of 64 bytes", spkiOf(point.slice(0, 64)), "key.point"),
		row("spki", "point of 66 bytes", spkiOf(w.joined(point, Uint8Array.of(0))), "key.point"),
		row("spki", "unused bits", spkiOf(w.joined(point.slice(0, 64), Uint8Array.of(0)), 1), "key.point"),
		row("spki", "P-384", p384.spki, "key.algorithm"),
		row("spki", "no curve", spkiOf(point, 0, w.sequence(w.identifier("2a8648ce3d0201"))), "key.algorithm"),
		row(
			"spki",
			"more behind the curve",
			spkiOf(point, 0, w.sequence(w.identifier("2a8648ce3d0201"), w.identifier("2a8648ce3d030107"), w.hex("0500"))),
			"der.trailing",
		),
		row("spki", "a byte behind", w.joined(spki, Uint8Array.of(0)), "der.trailing"),
		row("spki", "nothing", w.none, "der.truncated"),
		row("privateKey", "PKCS #8", pkcs8),
		row("privateKey", "SEC 1", sec1),
		row("privateKey", "the scalar", scalar),
		row("privateKey", "PKCS #8 with attributes", info(0, algorithm, ec(1, scalar), w.hex("a000"))),
		row("privateKey", "PKCS #8 version 2", info(1, algorithm, ec(1, scalar)), "key.version"),
		row(
			"privateKey",
			"PKCS #8 of P-384",
			new Uint8Array(p384.privateKey.export({ format: "der", type: "pkcs8" })),
			"key.algorithm",
		),
		row("privateKey", "EC private key version 2", info(0, algorithm, ec(2, scalar)), "key.version"),
		row("privateKey", "scalar of 31 bytes", info(0, algorithm, ec(1, scalar.slice(1))), "key.scalar"),
		row(
			"privateKey",
			"SEC 1 of another curve",
			ec(1, scalar, w.element(0xa0, w.identifier("2b81040022"))),
			"key.algorithm",
		),
		row("privateKey", "a byte behind", w.joined(pkcs8, Uint8Array.of(0)), "der.trailing"),
		row("privateKey", "nothing", w.none, "der.truncated"),
		row("privateKey", "encrypted", w.sequence(algorithm, w.octets(scalar)), "der.tag"),
	];
}

function signatures(): ReaderCase[] {
	const row = (name: string, bytes: Uint8Array, fault?: string): ReaderCase => ({
		name: `signature, ${name}`,
		of: "signature",
		hex: hex(bytes),
		...(fault === undefined ? {} : { fault }),
	});
	const one = w.integer(1);
	const high = w.integer(0, ...new Array(32).fill(0xff));
	return [
		row("small", w.sequence(one, one)),
		row("large", w.sequence(high, high)),
		row("r 0", w.sequence(w.integer(0), one), "key.signature"),
		row("s 0", w.sequence(one, w.integer(0)), "key.signature"),
		row("r below 0", w.sequence(w.integer(0xff), one), "der.integer"),
		row("s of 33 bytes", w.sequence(one, w.integer(1, ...new Array(32).fill(0))), "der.integer"),
		row("a zero too many", w.sequence(w.integer(0, 1), one), "der.integer"),
		row("long form", w.hex("30810602010102 0101"), "der.length"),
		row("a third number", w.sequence(one, one, one), "der.trailing"),
		row("a byte behind", w.joined(w.sequence(one, one), Uint8Array.of(0)), "der.trailing"),
		row("only r", w.sequence(one), "der.truncated"),
		row("nothing", w.none, "der.truncated"),
	];
}
