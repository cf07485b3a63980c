/** The chip's boot loader, which is C, against the portable one, which FORMAT.md describes: byte for byte. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dependencyFolder, packageRoot } from "../../../hosts/simulator/engine/sources.ts";
import { writeImage } from "../../../hosts/simulator/image/image.ts";
import { generateKey } from "../../../hosts/simulator/image/keys.ts";
import { readSigningKey, signer } from "../../../hosts/simulator/image/signature.ts";
import { BootLoader } from "../../../modules/firmware/boot-loader.ts";
import type { Flash, ImageVerdict, ResetCause, RevertReason, SlotImage, SlotName } from "../../../modules/host.ts";
import { HostFailure } from "../../../modules/host.ts";
import { seeded } from "../../harness.ts";
import { BootChip, compileBoot } from "./boot-in-wasm.ts";
import { examineBytes, headerOf } from "./examine.ts";

const skip = dependencyFolder("@yowasp/clang") === undefined ? "no @yowasp/clang" : false;
const keyOf = (algorithm: "ed25519" | "p256") => readSigningKey(generateKey(algorithm).privatePem);
const [ours, second, foreign] = [keyOf("ed25519"), keyOf("p256"), keyOf("ed25519")];
const trusted = [ours, second];
const xs = [13, 3, 0];
const module = skip === false ? await compileBoot(trusted, xs) : undefined;
const sectorBytes = 4096;
const slotBytes = 3 * sectorBytes;
const places = { state: 0, a: 2 * sectorBytes, b: 5 * sectorBytes } as const;

const hex = (digits: string) => new Uint8Array(Buffer.from(digits, "hex"));

interface Wish {
	readonly version?: string;
	readonly name?: string;
	readonly securityCounter?: number;
	readonly key?: typeof ours;
	readonly xsVersion?: string;
	readonly kind?: "firmware" | "mod";
	readonly isUnsigned?: boolean;
	readonly fill?: number;
}

function imageOf({ key = ours, version = "1", isUnsigned = false, fill = 300, ...wish }: Wish): Uint8Array {
	const code = (name: string, size: number) => ({ name, code: new Uint8Array(size).fill(version.length) });
	const program = { modules: [code("first", fill), code("entry", 8)], symbols: ["one", "zwei €"] };
	const facts = { entry: "entry", version, xsVersion: xs.join("."), name: "product", ...wish };
	return writeImage(program, isUnsigned ? facts : { ...facts, sign: signer(key) }).bytes;
}

test("ECDSA on P-256 checks signatures as Wycheproof has them", { skip }, () => {
	const chip = new BootChip(module!);
	const file = readFileSync(join(packageRoot, "test/vectors/wycheproof-ecdsa-p256.json"), "utf8");
	const { cases } = JSON.parse(file) as {
		cases: { name: string; point: string; hash: string; signature: string; valid: boolean }[];
	};
	let good = 0;
	for (const { name, point, hash, signature, valid } of cases) {
		if (signature.length !== 128 || point.length !== 130) continue;
		chip.give(hex(point.slice(2)));
		chip.give(hex(signature), 64);
		chip.give(hex(hash), 128);
		equal(chip.c.p256() === 1, valid, name);
		if (valid) good++;
	}
	ok(good > 50, `${good} good ones`);
});

test("Ed25519 checks signatures: RFC 8032 §7.1, and those of this computer, whole and damaged", { skip }, () => {
	const chip = new BootChip(module!);
	const check = (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => {
		chip.give(key);
		chip.give(signature, 32);
		chip.give(message, 96);
		return chip.c.ed25519(message.length) === 1;
	};
	ok(
		check(
			hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
			hex(""),
			hex(
				"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555" +
					"fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
			),
		),
	);
	const chance = seeded(8);
	for (let round = 0; round < 30; round++) {
		const { publicKey, privateKey } = generateKeyPairSync("ed25519");
		const key = new Uint8Array(Buffer.from(publicKey.export({ format: "jwk" }).x!, "base64url"));
		const message = new Uint8Array(round * 9).map(() => chance(256));
		const signature = new Uint8Array(sign(null, message, privateKey));
		ok(check(key, message, signature), `round ${round}`);
		const bit = chance(512);
		signature[bit >> 3]! ^= 1 << (bit & 7);
		ok(!check(key, message, signature), `round ${round}, bit ${bit}`);
	}
	// S + L is the same point, and refused (§5.1.7).
	const { publicKey, privateKey } = generateKeyPairSync("ed25519");
	const key = new Uint8Array(Buffer.from(publicKey.export({ format: "jwk" }).x!, "base64url"));
	const signature = new Uint8Array(sign(null, new Uint8Array(3), privateKey));
	const order = 2n ** 252n + 27742317777372353535851937790883648493n;
	let s = BigInt(`0x${Buffer.from(signature.slice(32)).reverse().toString("hex")}`) + order;
	for (let at = 32; at < 64; at++, s >>= 8n) signature[at] = Number(s & 255n);
	ok(!check(key, new Uint8Array(3), signature));
});

test("an image is judged as the simulated board judges it: whole, cut short, with any bit flipped", { skip }, () => {
	const chip = new BootChip(module!);
	const judge = (bytes: Uint8Array, room = slotBytes): string => {
		chip.cells.fill(0xff).set(bytes, places.a);
		return chip.text(chip.c.check(places.a, room, 0));
	};
	const expected = (bytes: Uint8Array, room = slotBytes) => {
		const slot = new Uint8Array(room).fill(0xff);
		slot.set(bytes.subarray(0, room));
		return examineBytes(slot, { trusted, xsVersion: xs.join(".") });
	};
	const wishes: [Wish, ImageVerdict][] = [
		[{}, "ok"],
		[{ key: second }, "ok"],
		[{ key: foreign }, "signature"],
		[{ isUnsigned: true }, "signature"],
		[{ xsVersion: "17.0.0" }, "product"],
		[{ kind: "mod" }, "product"],
		[{ version: "größer" }, "ok"],
	];
	for (const [wish, verdict] of wishes) {
		equal(judge(imageOf(wish)), verdict, JSON.stringify(wish));
		equal(expected(imageOf(wish)), verdict, JSON.stringify(wish));
	}
	const image = imageOf({ fill: 40 });
	equal(judge(image, sectorBytes / 16), "size");
	for (let size = 0; size < image.length; size++) {
		equal(judge(image.subarray(0, size)), expected(image.subarray(0, size)), `${size} bytes`);
	}
	for (let bit = 0; bit < image.length * 8; bit++) {
		const flipped = image.slice();
		flipped[bit >> 3]! ^= 1 << (bit & 7);
		equal(judge(flipped), expected(flipped), `bit ${bit}`);
	}
});

/** The same flash for the portable boot loader, with the same failures at the same operations. */
class Window implements Flash {
	readonly sectorBytes = sectorBytes;
	readonly writeBytes = 4;
	readonly erasedByte = 0xff;
	readonly sizeBytes: number;
	readonly #cells: Uint8Array;
	readonly #fate: Fate;

	constructor(cells: Uint8Array, fate: Fate) {
		this.#cells = cells;
		this.#fate = fate;
		this.sizeBytes = cells.length;
	}

	read(offset: number, into: Uint8Array): void {
		into.set(this.#cells.subarray(offset, offset + into.length));
	}

	write(offset: number, bytes: Uint8Array): void {
		this.#fate.meet(bytes.length, (size) => {
			for (let index = 0; index < size; index++) this.#cells[offset + index]! &= bytes[index]!;
		});
	}

	erase(offset: number, size: number): void {
		this.#fate.meet(size, (part) => this.#cells.fill(0xff, offset, offset + part));
	}
}

class Cut extends Error {}

class Fate {
	/** The operation that fails: 1 for the next one. */
	until = 0;
	isCut = false;

	meet(size: number, run: (part: number) => void): void {
		const fails = this.until > 0 && --this.until === 0;
		run(fails ? (this.isCut ? size >> 1 : 0) : size);
		if (!fails) return;
		if (this.isCut) throw new Cut();
		throw new HostFailure("refused");
	}
}

const causes: readonly ResetCause[] = ["powerOn", "restart", "watchdog", "crash", "deepSleep"];
const whys: readonly (RevertReason | "")[] = ["", "crash", "watchdog", "boots", "deadline", "image", "refused"];
const rules = { bootsMax: 3, trialMs: 60_000 };

/** The two boot loaders on flash that began the same. */
class Twins {
	readonly fate = new Fate();
	readonly cells = new Uint8Array(8 * sectorBytes).fill(0xff);
	chip = new BootChip(module!);
	loader: BootLoader | undefined;
	readonly #part = (at: number, size: number) => this.cells.subarray(at, at + size);

	place(slot: SlotName, bytes: Uint8Array): void {
		for (const cells of [this.cells, this.chip.cells]) cells.set(bytes, places[slot]);
	}

	/** @returns whether power went */
	both(fate: { readonly at: number; readonly isCut: boolean }, portable: () => string, c: () => string): boolean {
		Object.assign(this.fate, { until: fate.at, isCut: fate.isCut });
		this.chip.c.fail(fate.at, fate.isCut ? 1 : 0);
		const run = (act: () => string) => {
			try {
				return act();
			} catch (error) {
				if (error instanceof HostFailure) return "refused";
				if (error instanceof Cut || error instanceof WebAssembly.RuntimeError) return "cut";
				throw error;
			}
		};
		const [first, other] = [run(portable), run(c)];
		equal(other, first);
		deepEqual(Buffer.compare(this.chip.cells, this.cells), 0, "what lies in flash");
		this.fate.until = 0;
		this.chip.c.fail(0, 0);
		if (first !== "cut") return false;
		this.chip = new BootChip(module!, this.cells);
		this.loader = undefined;
		return true;
	}

	reset(cause: number, ranMs: number, fate = { at: 0, isCut: false }): boolean {
		const bootLoader = () => {
			this.loader = new BootLoader(
				{
					state: new Window(this.#part(0, 2 * sectorBytes), this.fate),
					a: new Window(this.#part(places.a, slotBytes), this.fate),
					b: new Window(this.#part(places.b, slotBytes), this.fate),
					rules,
					examine: (name, counter, running) => this.#examine(name, counter, running),
					imageIn: (name) => headerOf(this.#part(places[name], slotBytes)),
				},
				{ cause: causes[cause]!, ranMs },
			);
			const { action, condition, start, bootReason, verdicts } = this.loader;
			const { kind } = bootReason;
			const more =
				kind === "trial" ? [bootReason.bootsLeft, bootReason.leftMs] : kind === "reverted" ? [bootReason.why] : [];
			return [action, condition, start ?? "none", kind, ...more, verdicts.a ?? "", verdicts.b ?? ""].join();
		};
		const inC = () => {
			const { c } = this.chip;
			c.reset(cause, ranMs, rules.bootsMax, rules.trialMs);
			const kind = ["normal", "trial", "reverted"][c.reason(0)]!;
			const text = (at: number) => this.chip.text(at);
			const more = kind === "trial" ? [c.reason(1), c.reason(2) >>> 0] : kind === "reverted" ? [text(c.why())] : [];
			const start = ["a", "b", "none"][c.start()]!;
			const verdicts = [text(c.verdictOf(0)), text(c.verdictOf(1))];
			return [text(c.action()), text(c.condition()), start, kind, ...more, ...verdicts].join();
		};
		const isCut = this.both(fate, bootLoader, inC);
		if (!isCut) this.compareStates();
		return isCut;
	}

	compareStates(): void {
		for (const [index, name] of (["a", "b"] as const).entries()) {
			equal(this.chip.text(this.chip.c.stateOf(index)), this.loader!.state(name), `slot ${name}`);
		}
	}

	#examine(name: SlotName, securityCounter: number, running?: SlotImage): ImageVerdict {
		const slot = this.#part(places[name], slotBytes);
		const verdict = examineBytes(slot, { trusted, xsVersion: xs.join(".") });
		const image = headerOf(slot);
		if (verdict !== "ok" || image === undefined) return verdict;
		if (running !== undefined && running.name !== image.name) return "product";
		return image.securityCounter < securityCounter ? "counter" : "ok";
	}
}

const images = [
	imageOf({}),
	imageOf({ version: "22", securityCounter: 1, key: second }),
	imageOf({ version: "333", securityCounter: 2 }),
	imageOf({ version: "4444", key: foreign }),
	imageOf({ version: "55555", name: "another" }),
	imageOf({}).fill(0, 400),
];

function step(twins: Twins, chance: (bound: number) => number): boolean {
	const fate = chance(6) === 0 ? { at: 1 + chance(4), isCut: chance(2) === 0 } : { at: 0, isCut: false };
	const { chip, loader } = twins;
	const say = (run: () => unknown) => () => {
		run();
		return "";
	};
	const orFail = (at: number) => {
		if (chip.text(at) !== "") throw new HostFailure(chip.text(at));
		return "";
	};
	const kind = chance(12);
	const why = 1 + chance(6);
	if (loader === undefined || kind < 4) return twins.reset(chance(5), chance(4) * 15_000, fate);
	if (kind === 4)
		return twins.both(
			fate,
			say(() => loader.markPending()),
			() => orFail(chip.c.mark(0, 0)),
		);
	if (kind === 5)
		return twins.both(
			fate,
			say(() => loader.confirm()),
			() => orFail(chip.c.mark(1, 0)),
		);
	if (kind === 6) {
		return twins.both(
			fate,
			say(() => loader.revert(whys[why] as RevertReason)),
			() => orFail(chip.c.mark(2, why)),
		);
	}
	if (kind < 9)
		return twins.both(
			fate,
			() => loader.verify(),
			() => chip.text(chip.c.verify()),
		);
	if (kind === 9) {
		return twins.both(
			fate,
			say(() => loader.erase(0, sectorBytes)),
			() => orFail(chip.c.erase(0, sectorBytes)),
		);
	}
	if (install(twins, images[chance(images.length)]!, fate)) return true;
	if (kind === 10) return false;
	// The whole way to a trial.
	const isCut = twins.both(
		fate,
		() => loader.verify(),
		() => chip.text(chip.c.verify()),
	);
	return (
		isCut ||
		twins.both(
			fate,
			say(() => loader.markPending()),
			() => orFail(chip.c.mark(0, 0)),
		) ||
		twins.reset(chance(5), chance(4) * 15_000)
	);
}

/** Erases, and writes an image piece by piece. @returns whether power went */
function install(twins: Twins, image: Uint8Array, fate: { readonly at: number; readonly isCut: boolean }): boolean {
	const { chip, loader } = twins;
	const orFail = (at: number) => {
		if (chip.text(at) !== "") throw new HostFailure(chip.text(at));
		return "";
	};
	const padded = new Uint8Array(Math.ceil(image.length / 4) * 4).fill(0xff);
	padded.set(image);
	const pieces = [0, 256, 512]
		.map((at) => [at, padded.subarray(at, at + 256)] as const)
		.filter(([, { length }]) => length > 0);
	const portable = () => {
		loader!.erase(0, sectorBytes);
		for (const [at, bytes] of pieces) loader!.write(at, bytes);
		return "";
	};
	const inC = () => {
		orFail(chip.c.erase(0, sectorBytes));
		for (const [at, bytes] of pieces) {
			chip.give(bytes);
			orFail(chip.c.write(at, bytes.length));
		}
		return "";
	};
	return twins.both(fate, portable, inC);
}

test("[MaU-002] the C boot loader does what the portable one does: decisions, states, and every byte in flash", {
	skip,
}, () => {
	const seen = new Set<string>();
	for (let seed = 1; seed <= 40; seed++) {
		const chance = seeded(seed);
		const twins = new Twins();
		twins.place("a", images[chance(3)]!);
		if (chance(3) === 0) twins.place("b", images[chance(images.length)]!);
		for (let count = 0; count < 150; count++) {
			try {
				step(twins, chance);
				if (twins.loader !== undefined) {
					twins.compareStates();
					seen.add(twins.loader.action).add(`condition ${twins.loader.condition}`).add(twins.loader.bootReason.kind);
				}
			} catch (error) {
				throw new Error(`seed ${seed}, step ${count}: ${(error as Error).message}`, { cause: error });
			}
			// A bit that rots in the boot state, now and then.
			if (chance(40) === 0) {
				const at = chance(2 * sectorBytes);
				const bit = 1 << chance(8);
				for (const cells of [twins.cells, twins.chip.cells]) cells[at]! &= ~bit;
			}
			// … or in an image, which may be the one that runs.
			if (chance(60) === 0) {
				const at = [places.a, places.b][chance(2)]! + 400;
				for (const cells of [twins.cells, twins.chip.cells]) cells[at] = 0;
			}
		}
	}
	for (const action of ["keep", "try", "tryAgain", "revert", "fallBack", "startOver", "stop"]) {
		ok(seen.has(action), `never: ${action}; ${[...seen]}`);
	}
	for (const condition of ["blank", "good", "repaired"]) ok(seen.has(`condition ${condition}`), condition);
});

test("a boot state that is lost or damaged is met as the portable boot loader meets it", { skip }, () => {
	const seen = new Set<string>();
	for (let seed = 1; seed <= 120; seed++) {
		const chance = seeded(seed);
		const twins = new Twins();
		twins.place("a", images[chance(images.length)]!);
		twins.place("b", images[chance(images.length)]!);
		twins.reset(0, 0);
		for (let count = 0; count < 12; count++) step(twins, chance);
		const isAll = chance(2) === 0;
		for (let at = 0; at < 2 * sectorBytes; at += 32) {
			if (twins.cells[at] === 0xff || !(isAll || chance(3) === 0)) continue;
			for (const cells of [twins.cells, twins.chip.cells]) cells[at] = 0;
		}
		twins.reset(chance(5), chance(70_000));
		seen.add(twins.loader!.condition);
	}
	ok(seen.has("lost") && seen.has("damaged"), [...seen].join());
});
