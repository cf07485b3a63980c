import { Code, codeText } from "../../../modules/coap/code.ts";
import { NO_PROTOCOL } from "../../../modules/firmware/line.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { FIRMWARE_UPDATE as FIRMWARE_UPDATE_1_0 } from "../../../modules/objects/facts/firmware-update-5-v1-0.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { fakeImage } from "./fake-slots.ts";
import { package2, Scene } from "./scene.ts";

const states = (it: Scene) => it.told.splice(0).join(" ");

/** Observed: told is the two first values, then what changes. */
function observed(options: ConstructorParameters<typeof Scene>[0] = {}): Scene {
	const it = new Scene(options).observe();
	it.told.length = 0;
	return it;
}

test("[FWU-5] a package larger than the slot is Result 2, pushed and pulled (ETS 773)", () => {
	const it = observed();
	equal(it.push(package2(10_240)), "4.13");
	it.run(100);
	equal(it.now, "0/2");
	equal(states(it), "S1 S0 R2");
	it.shelve("fw", package2(10_240));
	equal(it.pull("coap://files.example/fw"), "2.04");
	it.run(1000);
	equal(it.now, "0/2");
	equal(states(it), "S1 R0 S0 R2");
	equal(it.asked.length > 0, true);
	equal(it.updater.reason, "size");
});

test("[FWU-5] no RAM for a package is Result 3 (ETS 774)", () => {
	const it = observed({ hasRoom: () => false });
	equal(it.push(package2()), "4.13");
	it.run(100);
	equal(it.now, "0/3");
	equal(states(it), "S1 S0 R3");
	equal(it.updater.reason, "noRam");
});

test("[FWU-5] a connection that is lost is Result 4: a push nobody goes on with, a pull nobody answers", () => {
	const it = observed({ download: { triesMax: 3, retryMs: 1000, retryMaxMs: 10_000 } });
	it.server.request(
		{ code: Code.put, path: ["5", "0", "0"], contentFormat: ContentFormat.opaque, source: stalling() },
		it.nowMs,
	);
	it.settle();
	it.run(100_000);
	equal(it.now, "1/0");
	it.run(200_000);
	equal(it.now, "0/4");
	equal(it.updater.reason, "abandoned");
	it.files = () => undefined;
	it.isFilesCut = true;
	equal(it.pull("coap://files.example/fw"), "2.04");
	it.run(200_000);
	equal(it.now, "1/0");
	it.run(150_000);
	equal(it.now, "0/4");
	equal(it.updater.reason, "connectionLost");
});

/** A body that stops after its first block. */
function stalling() {
	return {
		sizeBytes: 4096,
		read(offset: number, into: Uint8Array, at: number, end: number): number {
			if (offset > 0) return -1;
			into.set(package2().subarray(0, end - at), at);
			return end - at;
		},
	};
}

test("[FWU-5] what is no package, or one for another product, is Result 6 (ETS 777)", () => {
	const it = observed();
	equal(it.push(new Uint8Array(4096).fill(7)), "4.15", "refused as soon as its beginning is there");
	it.run(100);
	equal(it.now, "0/6");
	equal(states(it), "S1 S0 R6");
	equal(it.push(new Uint8Array(400).fill(7)), "2.04");
	it.run(100);
	equal(it.now, "0/5", "too short to have a header");
	equal(it.push(fakeImage({ version: 2, sizeBytes: 2048, product: 9 })), "2.04");
	it.run(100);
	equal(it.now, "0/6");
	equal(it.updater.reason, "product");
});

test("[FWU-5] a URI that is none, or leads nowhere, is Result 7 (ETS 778)", () => {
	const it = observed();
	for (const [uri, reason] of [
		["not a uri", "uri"],
		["coap://", "uri"],
		["coap://files.example:0/x", "uri"],
		["coap://files.example/a%zz", "uri"],
		["coap://files.example/nothing", "refused"],
	] as const) {
		equal(it.pull(uri), "2.04", uri);
		it.run(1000);
		equal(it.now, "0/7", uri);
		equal(it.updater.reason, reason, uri);
		states(it);
	}
	equal(it.pull("coap://nowhere.example/x"), "2.04");
	it.run(60_000);
	equal(it.now, "1/0", "a name without an address may have one later");
	it.run(60_000);
	equal(it.now, "0/4");
});

test("[FWU-5] a protocol that is not there is Result 9 (ETS 779)", () => {
	const it = observed();
	equal(NO_PROTOCOL.code, "firmware.protocol");
	for (const uri of ["http://files.example/fw", "coap+tcp://files.example/fw", "ftp://files.example/fw"]) {
		equal(it.pull(uri), "2.04", uri);
		it.run(100);
		equal(it.now, "0/9", uri);
	}
	equal(it.text("/5/0/8/0"), "0", "without DTLS, CoAP alone");
});

test("[FWU-5] a server of packages that is busy is asked again, when it says", () => {
	const it = observed();
	let asked = 0;
	it.shelve("fw", package2());
	it.files = () => {
		it.files = undefined;
		asked = it.nowMs;
		return { code: Code.serviceUnavailable, maxAgeS: 20 };
	};
	equal(it.pull("coap://files.example/fw"), "2.04");
	it.run(19_000);
	equal(it.now, "1/0");
	it.run(3000);
	equal(it.now, "2/0");
	ok(asked > 0);
});

test("[FWU-5] Cancel: Result 10 while downloading and downloaded, 4.05 else (A-108)", () => {
	const it = observed();
	equal(it.execute("/5/0/10"), "4.05");
	it.shelve("fw", package2());
	it.isFilesCut = true;
	it.pull("coap://files.example/fw");
	equal(it.now, "1/0");
	equal(it.execute("/5/0/10"), "2.04");
	equal(it.now, "0/10");
	it.isFilesCut = false;
	it.run(120_000);
	equal(it.now, "0/10", "nothing of it comes back");
	equal(it.push(package2()), "2.04");
	it.run(100);
	equal(it.execute("/5/0/10"), "2.04");
	equal(it.now, "0/10");
	equal(it.cut().now, "0/10", "over a restart");
	equal(it.push(package2()), "2.04");
	it.run(100);
	it.execute("/5/0/2");
	equal(it.now, "3/0");
	equal(it.execute("/5/0/10"), "4.05");
	equal(it.execute("/5/0/2"), "4.05");
	equal(it.push(package2()), "4.05");
	equal(it.pull(""), "4.05");
});

test("[FWU-5] NULL and the empty URI reset in every state but Updating (ETS 756)", () => {
	const it = observed();
	equal(it.pull(""), "2.04");
	equal(it.now, "0/0");
	equal(it.push(new Uint8Array(1)), "2.04");
	it.push(package2());
	it.run(100);
	equal(it.now, "2/0");
	equal(it.push(package2()), "4.05");
	equal(it.pull("coap://files.example/fw"), "4.05");
	equal(it.push(new Uint8Array(1)), "2.04");
	equal(it.now, "0/0");
	equal(it.text("/5/0/6"), undefined, "no package, no name");
	it.push(package2());
	it.run(100);
	equal(it.push(new Uint8Array(0)), "2.04");
	equal(it.now, "0/0");
	equal(it.board.b.bytes[0], 0xff, "the image is removed");
});

test("[FWU-5] a push under way is cancelled: its further blocks find nobody", () => {
	const it = observed();
	const bytes = package2();
	const id = it.server.request(
		{
			code: Code.put,
			path: ["5", "0", "0"],
			contentFormat: ContentFormat.opaque,
			source: {
				sizeBytes: bytes.length,
				read(offset, into, at, end) {
					if (offset === 2048) it.updater.command("cancel");
					const part = bytes.subarray(offset, Math.min(bytes.length, offset + end - at));
					into.set(part, at);
					return part.length;
				},
			},
		},
		it.nowMs,
	);
	it.run(1000);
	equal(it.now, "0/10");
	equal(codeText(it.answerTo(id)!.code), "4.08");
	equal(it.board.b.bytes[0], 0xff, "nothing of it is left");
});

test("[FWU-1] the last bytes of a package that is no multiple of what flash writes at once", () => {
	const it = observed({ writeBytes: 64 });
	equal(it.push(package2(4128)), "2.04");
	it.run(100);
	equal(it.now, "2/0");
	it.pull("");
	it.shelve("fw", package2(4128));
	it.pull("coap://files.example/fw");
	it.run(1000);
	equal(it.now, "2/0");
});

test("[FWU-1] a package as the TLV of its Resource goes the same way", () => {
	const it = observed();
	const bytes = package2();
	const tlv = new Uint8Array(bytes.length + 4);
	tlv.set([0xd0, 0, bytes.length >> 8, bytes.length & 0xff]);
	tlv.set(bytes, 4);
	equal(it.push(tlv, ContentFormat.tlv), "2.04");
	it.run(100);
	equal(it.now, "2/0");
	deepEqual([...it.board.b.bytes.subarray(0, bytes.length)], [...bytes]);
	tlv[1] = 1;
	it.pull("");
	equal(it.push(tlv, ContentFormat.tlv), "4.00", "of another Resource");
});

test("[FWU-5] as version 1.0: no Cancel, no results beyond 9", () => {
	const it = observed({ facts: FIRMWARE_UPDATE_1_0, gate: () => "busy" });
	equal(it.execute("/5/0/10"), "4.04");
	equal(it.text("/5/0/11"), undefined);
	it.push(package2());
	it.run(100);
	equal(it.execute("/5/0/2"), "2.04");
	it.run(100);
	equal(it.now, "2/0", "deferred: there is no number for it");
});
