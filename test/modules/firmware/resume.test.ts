import { Code } from "../../../modules/coap/code.ts";
import { QBlock } from "../../../modules/coap/q-block.ts";
import { QBlockServer } from "../../../modules/coap/q-block-server.ts";
import {
	decodeProgress,
	decodeUpdate,
	encodeProgress,
	encodeUpdate,
	noUpdate,
} from "../../../modules/firmware/progress.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { fakeImage } from "./fake-slots.ts";
import { package2, Scene } from "./scene.ts";

const uri = "coap://files.example/fw";
/** As soon as a block from that offset on is handed out, `what` happens, once. */
function before(it: Scene, offset: number, what: () => void): void {
	it.onAsked = (asked) => {
		if (asked < offset) return;
		it.onAsked = () => {};
		what();
	};
}

test("[FWU-1] a download goes on after a power cut: no more than one block twice", () => {
	for (const sectors of [
		{ slotSectors: 16, slotSectorBytes: 512 },
		{ slotSectors: 4, slotSectorBytes: 4096 },
		{ slotSectors: 4, slotSectorBytes: 4096, writeBytes: 32 },
		{ slotSectors: 32, slotSectorBytes: 256, writeBytes: 1 },
	]) {
		for (let cutAt = 1024; cutAt <= 7168; cutAt += 1024) {
			const it = new Scene(sectors);
			const image = package2(8192);
			it.shelve("fw", image);
			let isCut = false;
			before(it, cutAt, () => {
				it.isFilesCut = isCut = true;
			});
			it.pull(uri);
			it.until(() => isCut, 5000);
			it.isFilesCut = false;
			it.cut().run(2000);
			equal(it.now, "2/0", `cut at ${cutAt}`);
			deepEqual([...it.board.b.bytes.subarray(0, image.length)], [...image]);
			const twice = it.asked.filter((offset, index) => it.asked.indexOf(offset) !== index);
			ok(twice.length <= 1, `${sectors.slotSectorBytes} cut at ${cutAt}: again ${twice.join()}`);
		}
	}
});

test("[FWU-1] another package at the same place is fetched from its start", () => {
	const it = new Scene();
	it.shelve("fw", package2(8192));
	let isCut = false;
	before(it, 4096, () => {
		it.isFilesCut = isCut = true;
	});
	it.pull(uri);
	it.until(() => isCut, 5000);
	it.isFilesCut = false;
	const other = fakeImage({ version: 3, sizeBytes: 8192 });
	it.shelve("fw", other);
	it.cut().run(2000);
	equal(it.now, "2/0");
	equal(it.text("/5/0/7"), "3.0.0");
	deepEqual([...it.board.b.bytes.subarray(0, 8192)], [...other]);
});

test("[FWU-1] without an ETag nobody knows, and it is fetched from its start", () => {
	const it = new Scene();
	it.shelf.set("fw", { bytes: package2(8192), eTag: undefined });
	let isCut = false;
	before(it, 4096, () => {
		it.isFilesCut = isCut = true;
	});
	it.pull(uri);
	it.until(() => isCut, 5000);
	it.isFilesCut = false;
	it.cut().run(2000);
	equal(it.now, "2/0");
	equal(it.asked.filter((offset) => offset === 0).length, 2);
});

test("[FWU-1] silence is waited out, and the count of tries begins anew with each byte (A-107)", () => {
	const it = new Scene({ download: { triesMax: 3, retryMs: 1000, retryMaxMs: 10_000 } });
	it.shelve("fw", package2(8192));
	const cuts = [2048, 4096, 6144];
	it.onAsked = (offset) => {
		if (offset !== cuts[0]) return;
		cuts.shift();
		it.isFilesCut = true;
	};
	it.pull(uri);
	for (let count = 0; count < 3; count++) {
		ok(
			it.until(() => it.isFilesCut, 60_000),
			String(count),
		);
		it.run(93_500); // the request fails: one try of two
		it.isFilesCut = false;
	}
	it.run(40_000);
	equal(it.now, "2/0");
});

test("[FWU-1] a pull through the session waits while the device is away, and goes on (A-107)", () => {
	const it = new Scene();
	it.shelve("fw", package2(8192));
	let isCut = false;
	before(it, 4096, () => {
		it.isServerCut = isCut = true;
	});
	it.pull("coap://server.example/fw");
	ok(it.until(() => isCut, 5000));
	it.run(60_000);
	it.isServerCut = false;
	it.run(120_000);
	equal(it.now, "2/0");
	const twice = it.asked.filter((offset, index) => it.asked.indexOf(offset) !== index);
	ok(twice.length <= 1, twice.join());
});

test("[FWU-5] a push does not outlive a reset: Result 4 (RFC 7959 §2.5)", () => {
	const it = new Scene();
	const bytes = package2(8192);
	let isCut = false;
	it.server.request(
		{
			code: Code.put,
			path: ["5", "0", "0"],
			contentFormat: ContentFormat.opaque,
			source: {
				sizeBytes: bytes.length,
				read(offset, into, at, end) {
					if (offset >= 4096) it.isServerCut = isCut = true;
					const part = bytes.subarray(offset, Math.min(bytes.length, offset + end - at));
					into.set(part, at);
					return part.length;
				},
			},
		},
		it.nowMs,
	);
	ok(it.until(() => isCut, 5000));
	it.isServerCut = false;
	it.cut().run(100);
	equal(it.now, "0/4");
	equal(it.updater.reason, "reset");
});

test("[FWU-5] Downloaded survives a power cut, and Update works then (A-104)", () => {
	const it = new Scene();
	it.push(package2());
	it.run(100);
	it.cut().run(100);
	equal(it.now, "2/0");
	equal(it.text("/5/0/7"), "2.0.0");
	equal(it.execute("/5/0/2"), "2.04");
	it.run(10_000);
	equal(it.now, "0/1");
});

test("[FWU-2] by Q-Block, where the server of packages knows it", () => {
	for (const filesExtension of [() => new QBlock({}, new QBlockServer()), undefined]) {
		const line = { extension: () => new QBlock() };
		const it = new Scene({ line, slotSectors: 64, ...(filesExtension === undefined ? {} : { filesExtension }) });
		it.shelve("fw", package2(20_480));
		it.pull(uri);
		it.run(30_000);
		equal(it.now, "2/0");
		equal(it.requestsForFiles, filesExtension === undefined ? 21 : 2, "sets of ten blocks");
	}
});

test("[FWU-5] what is kept, as bytes and back", () => {
	const kept = { ...noUpdate, state: "updating", isMarked: true, hash: "ab", uri, reason: "größe" } as const;
	deepEqual(decodeUpdate(encodeUpdate({ ...kept, maxDeferS: 4_000_000_000, changedS: 1_700_000_000, severity: 2 })), {
		...kept,
		maxDeferS: 4_000_000_000,
		changedS: 1_700_000_000,
		severity: 2,
	});
	const bytes = encodeUpdate(kept);
	for (let end = 0; end < bytes.length; end++) equal(decodeUpdate(bytes.slice(0, end)), undefined);
	for (const progress of [
		{ offset: 1024, sizeBytes: undefined, eTag: undefined },
		{ offset: 0, sizeBytes: 5, eTag: new Uint8Array([1, 2, 3]) },
	]) {
		deepEqual(decodeProgress(encodeProgress(progress)), progress);
	}
	equal(decodeProgress(new Uint8Array(7)), undefined);
});
