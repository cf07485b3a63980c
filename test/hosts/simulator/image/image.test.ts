import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { loadDevice } from "../../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../../hosts/simulator/board/presets.ts";
import { Firmware } from "../../../../hosts/simulator/engine/machine.ts";
import { buildImage } from "../../../../hosts/simulator/image/builder.ts";
import { type Image, imageFaults, readImage, writeImage } from "../../../../hosts/simulator/image/image.ts";
import { engine } from "../engine/harness.ts";

const tiny = engine.compiler.link([
	engine.compiler.compile("lib/a", "export const a = 1;"),
	engine.compiler.compile("main", 'import { a } from "./lib/a.js"; let b = a;'),
]);
const small = writeImage(tiny, { entry: "main", version: "1.2.3-ü", xsVersion: engine.xsVersion });

const codeOf = (bytes: Uint8Array) => {
	const read = readImage(bytes);
	return "code" in read ? read.code : "an image";
};

/** Changes bytes and makes the hash right again: what a careless writer would leave. */
function rewritten(change: (bytes: Uint8Array, view: DataView) => void): Uint8Array {
	const bytes = small.bytes.slice();
	change(bytes, new DataView(bytes.buffer));
	const hash = createHash("sha256").update(bytes.subarray(0, 16)).update(bytes.subarray(48)).digest();
	bytes.set(hash, 16);
	return bytes;
}

describe("an image", () => {
	test("is read as it was written", () => {
		const read = readImage(small.bytes) as Image;
		assert.equal(read.version, "1.2.3-ü");
		assert.equal(read.xsVersion, engine.xsVersion);
		assert.equal(read.entry, "main");
		assert.deepEqual(read.symbols, tiny.symbols);
		assert.deepEqual(
			read.modules.map(({ name, code }) => ({ name, code })),
			tiny.modules.map(({ name, code }) => ({ name, code })),
		);
		assert.match(read.hash, /^[0-9a-f]{64}$/);
		assert.equal(read.hash, small.hash);
	});

	test("may be followed by erased flash, and by nothing else", () => {
		const slot = new Uint8Array(small.bytes.length + 100).fill(0xff);
		slot.set(small.bytes);
		const read = readImage(slot) as Image;
		assert.equal(read.hash, small.hash);
		assert.equal(read.bytes.length, small.bytes.length);
		slot[slot.length - 1] = 0xfe;
		assert.equal(codeOf(slot), "image.trailing");
	});

	test("is refused at every truncation", () => {
		for (let size = 0; size < small.bytes.length; size++) {
			assert.equal(codeOf(small.bytes.subarray(0, size)), "image.truncated", `${size} bytes`);
		}
	});

	test("is refused at every bit flip", () => {
		const bytes = small.bytes.slice();
		for (let bit = 0; bit < bytes.length * 8; bit++) {
			bytes[bit >> 3]! ^= 1 << (bit & 7);
			assert.notEqual(codeOf(bytes), "an image", `bit ${bit}`);
			bytes[bit >> 3]! ^= 1 << (bit & 7);
		}
		assert.equal(codeOf(bytes), "an image");
	});

	test("is refused when its parts do not fit, even with the right hash", () => {
		const last = small.bytes.length - 1;
		const wrong: Record<string, (bytes: Uint8Array, view: DataView) => void> = {
			"image.magic": (bytes) => bytes.set([0x64], 0),
			"image.formatVersion": (_, view) => view.setUint16(8, 3, true),
			"image.unsignedFormat": (_, view) => view.setUint16(8, 1, true),
			"image.layout header": (_, view) => view.setUint16(10, 100, true),
			"image.layout total": (_, view) => view.setUint32(12, 100, true),
			"image.truncated": (_, view) => view.setUint32(12, last + 2, true),
			"image.layout modules": (_, view) => view.setUint16(84, 3, true),
			"image.layout entry": (_, view) => view.setUint16(86, 2, true),
			"image.layout symbols": (_, view) => view.setUint32(88, 1, true),
			"image.layout code": (_, view) => view.setUint32(100, 5, true),
			"image.layout reserved": (bytes) => bytes.set([1], 159),
			"image.layout signature": (_, view) => view.setUint32(108, 64, true),
			"image.layout padding": (bytes) => bytes.set([2], 51),
			"image.text product": (bytes) => bytes.fill(0x61, 112, 144),
			"image.layout row": (_, view) => view.setUint32(160 + 12, 1, true),
			"image.layout size": (_, view) => view.setUint32(160 + 8, 0xffff, true),
			"image.text version": (bytes) => bytes.fill(0x61, 52, 84),
			"image.text name": (bytes) => bytes.set([0xff], 160 + 24),
			"image.trailing": (_, view) => view.setUint32(12, last, true),
		};
		for (const [code, change] of Object.entries(wrong))
			assert.equal(codeOf(rewritten(change)), code.split(" ")[0], code);
		assert.equal(codeOf(new Uint8Array(4096).fill(0xff)), "image.magic", "an empty slot");
	});

	test("knows its faults by identity", () => {
		assert.equal(readImage(new Uint8Array(10)), imageFaults.truncated);
		assert.ok(Object.isFrozen(imageFaults.hash));
	});

	test("keeps versions to their field", () => {
		assert.throws(() => writeImage(tiny, { entry: "main", version: "x".repeat(32), xsVersion: "13.3.0" }), RangeError);
		assert.throws(() => writeImage(tiny, { entry: "nobody", version: "1", xsVersion: "13.3.0" }), /layout/);
	});

	test("of another XS does not start", () => {
		assert.throws(() => Firmware.of(engine, { ...small, xsVersion: "9.9.9" }), /bytecode of XS 9\.9\.9/);
	});
});

/** XS and a board's C take less, as hosts/cortex-m builds them for a Cortex-M4; a system comes on top. */
const machineCodeBytes = 400_000;

describe("the reference application's image", async () => {
	const image = await buildImage({ engine });

	test("is the same for the same sources", async () => {
		const again = await buildImage({ engine });
		assert.equal(again.hash, image.hash);
		assert.deepEqual(again.bytes, image.bytes);
	});

	test("is one program and its entry, smaller than its sources one by one, and nobody's names are in it", () => {
		assert.deepEqual(
			image.modules.map(({ name }) => name),
			["program", "hosts/simulator/device/main"],
		);
		assert.ok(!image.symbols.some((symbol) => symbol.startsWith("#")), "private fields are properties");
		assert.ok(image.symbols.length < 2_600, `${image.symbols.length} names`);
	});

	test("keeps every source module a module where that is asked for", async () => {
		const separate = await buildImage({ engine, separate: true });
		assert.ok(image.bytes.length < separate.bytes.length * 0.9, `${image.bytes.length} of ${separate.bytes.length}`);
		const names = separate.modules.map(({ name }) => name);
		assert.equal(new Set(names).size, names.length);
		for (const name of ["src/main", "src/product", "modules/coap/peer", "hosts/simulator/device/main"]) {
			assert.ok(names.includes(name), name);
		}
		assert.ok(!names.some((name) => name.startsWith("test/") || name.includes("node_modules")));
		assert.equal(image.entry, "hosts/simulator/device/main");
	});

	test("fits every board's slot, with XS's machine code beside it", async () => {
		const { imageFor } = await loadDevice({ engine });
		for (const preset of Object.values(presets)) {
			const { length } = imageFor(preset).bytes;
			assert.ok(length + machineCodeBytes <= preset.map.slotA.sizeBytes, `${preset.name}: ${length} bytes`);
		}
	});

	test("is refused with a random bit flipped", () => {
		const bytes = image.bytes.slice();
		for (let i = 0; i < 50; i++) {
			const bit = (i * 2654435761) % (bytes.length * 8);
			bytes[bit >> 3]! ^= 1 << (bit & 7);
			assert.notEqual(codeOf(bytes), "an image", `bit ${bit}`);
			bytes[bit >> 3]! ^= 1 << (bit & 7);
		}
	});

	test("leaves nothing in ROM that can change", () => {
		assert.deepEqual(Firmware.of(engine, image).changeable, []);
	});
});
