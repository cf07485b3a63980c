/**
 * What X.509 costs on XS: bytecode of its modules, and computrons and heap of what they do, without the arithmetic of
 * P-256. `npm run build && node build/js/test/hosts/x509/figures.js`
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileCached } from "../../../hosts/simulator/engine/bytecode-cache.ts";
import { loadEngine } from "../../../hosts/simulator/engine/engine.ts";
import { Firmware } from "../../../hosts/simulator/engine/machine.ts";
import type { MachineMemory } from "../../../hosts/simulator/engine/memory.ts";
import type { BoardPorts } from "../../../hosts/simulator/engine/ports.ts";
import { bundle, closure } from "../../../hosts/simulator/image/bundle.ts";
import vectors from "../../vectors/x509.json" with { type: "json" };

const root = fileURLToPath(new URL("../../..", import.meta.url));
const own = /^modules\/crypto\/(der|certificate|trust|public-key)/;

const memory: MachineMemory = {
	arenaBytes: 16 * 1024 * 1024,
	stackSlots: 8192,
	heapSlots: 16384,
	moreHeapSlots: 4096,
	chunkBytes: 512 * 1024,
	moreChunkBytes: 64 * 1024,
	keys: 2048,
	moreKeys: 1024,
	cHeapBytes: 1024 * 1024,
	turnComputrons: 4_000_000_000,
};

const { certificates, points, spki, privateKey } = vectors;
const given = {
	root: certificates.root.hex,
	middle: certificates.middle.hex,
	server: certificates.server.hex,
	device: points.device,
	spki,
	pkcs8: privateKey.pkcs8,
};

const program = `
import { fromHex } from "./modules/bytes.js";
import { PortableCrypto } from "./modules/crypto/portable.js";
import { readCertificate } from "./modules/crypto/certificate.js";
import { isNamed } from "./modules/crypto/certificate-name.js";
import { readPrivateKey, readSpki } from "./modules/crypto/public-key.js";
import { serverTrust } from "./modules/crypto/trust.js";
const hex = ${JSON.stringify(given)};
const bytes = {};
for (const name of Object.keys(hex)) bytes[name] = fromHex(hex[name]);
const crypto = new PortableCrypto({ entropy: { fill() {} }, p256: () => ({ verify: () => true }) });
const silent = { implementation: "none", p256: crypto.p256, sha256: () => ({ update() {}, digest: () => bytes.root }) };
const pinned = serverTrust({ crypto, serverPublicKey: bytes.server });
const anchored = serverTrust({ crypto, serverPublicKey: bytes.root, usage: 2 });
const unhashed = serverTrust({ crypto: silent, serverPublicKey: bytes.root, usage: 2 });
const certificate = readCertificate(bytes.server);
const chain = [bytes.server, bytes.middle];
const host = "lwm2m.example.com";
const works = {
	nothing: () => {},
	"readCertificate": () => readCertificate(bytes.server),
	"isNamed": () => isNamed(certificate, host),
	"readSpki": () => readSpki(bytes.spki),
	"readPrivateKey, PKCS #8": () => readPrivateKey(bytes.pkcs8),
	"serverTrust, usage 2": () => serverTrust({ crypto, serverPublicKey: bytes.root, usage: 2 }),
	"verifyChain, usage 3": () => pinned.verifyChain(chain.slice(0, 1), host, 1810000000),
	"verifyChain, usage 2, two certificates": () => anchored.verifyChain(chain, host, 1810000000),
	"the same without SHA-256": () => unhashed.verifyChain(chain, host, 1810000000),
	"verifyRawKey": () => pinned.verifyRawKey(bytes.spki),
};
board.listen((count, index) => {
	const work = works[Object.keys(works)[index]];
	for (let round = 0; round < count; round++) work();
});
board.log(JSON.stringify(Object.keys(works)));
`;

const engine = await loadEngine(() => {});
const names = ["portable", "certificate", "certificate-name", "public-key", "trust"].map(
	(name) => `modules/crypto/${name}`,
);
const modules = await bundle({ entries: names.map((name) => join(root, `${name}.js`)), root, shake: false });
const needed = [...new Set(names.flatMap((name) => closure(modules, name)))];
const compiled = needed.map(({ name, source }) => compileCached(engine, name, source));
let total = 0;
for (const { name, code } of compiled) {
	if (!own.test(name)) continue;
	total += code.length;
	process.stdout.write(`${name}: ${code.length} bytes of bytecode\n`);
}
process.stdout.write(`all: ${total}\n`);
const link = engine.compiler.link([...compiled, engine.compiler.compile("run", program)]);
const firmware = new Firmware(engine, link, { entry: "run", preload: needed.map(({ name }) => name) });
const heard: string[] = [];
const ports = { log: (text: string) => heard.push(text), wallTimeS: () => undefined } as unknown as BoardPorts;
const machine = firmware.machine(memory, ports);
machine.boot();
let idle = 0;
const rounds = 16;
for (const [index, name] of (JSON.parse(heard.pop()!) as string[]).entries()) {
	machine.vm.turn(4, index);
	machine.collect();
	const before = machine.figures();
	machine.vm.turn(rounds, index);
	const after = machine.figures();
	const computrons = (after.computrons - before.computrons) / rounds;
	if (index === 0) idle = computrons;
	const slots = Math.round((after.slots.used - before.slots.used) / rounds);
	const chunkBytes = Math.round((after.chunks.used - before.chunks.used) / rounds);
	process.stdout.write(`${name}: ${Math.round(computrons - idle)} computrons, ${slots} slots, ${chunkBytes} bytes\n`);
}
