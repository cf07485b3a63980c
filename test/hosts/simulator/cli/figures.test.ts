/** The figures that are budgets: bytes and RAM that may shrink, and may not grow without a word. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { loadDevice } from "../../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../../hosts/simulator/board/presets.ts";
import { type DtlsBench, lines } from "../../../../hosts/simulator/cli/bench-dtls.ts";
import { handshakesOnAir, recordOverheads } from "../../../../hosts/simulator/cli/bench-dtls-air.ts";
import { deviceCosts } from "../../../../hosts/simulator/cli/bench-dtls-device.ts";
import { clientWork } from "../../../../hosts/simulator/cli/bench-dtls-work.ts";
import { type Lwm2mBench, lwm2mBench } from "../../../../hosts/simulator/cli/bench-lwm2m.ts";
import { budgetsOf } from "../../../../hosts/simulator/cli/budgets.ts";
import { measureCompositions } from "../../../../hosts/simulator/cli/compositions.ts";
import { type FeatureSet, measureFeatureSets } from "../../../../hosts/simulator/cli/feature-sets.ts";
import { MeasuredBoard, preSharedKey } from "../../../../hosts/simulator/cli/measure.ts";
import { measureParts } from "../../../../hosts/simulator/cli/parts.ts";
import { peers } from "../../../../hosts/simulator/cli/peers.ts";
import { boardSizes } from "../../../../hosts/simulator/cli/ram.ts";
import { inProcess } from "./dormouse.ts";

const device = await loadDevice();

test("a handshake with a pre-shared key, extended master secret and Connection ID: 520 bytes, 6 datagrams", () => {
	const { bytes, datagrams } = handshakesOnAir().find(({ name }) => name === "PSK, CID")!;
	ok(bytes <= 520, `${bytes} bytes`);
	equal(datagrams.length, 6);
	equal(
		datagrams.reduce((sum, datagram) => sum + datagram.bytes, 0),
		bytes,
	);
	deepEqual(
		datagrams.map(({ from, holds }) => `${from}: ${holds.join(" ")}`),
		[
			"client: ClientHello",
			"server: HelloVerifyRequest",
			"client: ClientHello",
			"server: ServerHello ServerHelloDone",
			"client: ClientKeyExchange ChangeCipherSpec Finished",
			"server: ChangeCipherSpec Finished",
		],
	);
});

test("a record adds 29 bytes with CCM_8, 37 with GCM, and a Connection ID its size and one more", () => {
	deepEqual(
		recordOverheads().map(({ bytes, withCid }) => [bytes, withCid - bytes]),
		[
			[29, 7],
			[37, 7],
			[67, 6], // one byte less of padding
		],
	);
});

test("an Update and its reply take 85 bytes over DTLS with a Connection ID", async () => {
	const { Update } = await deviceCosts(device);
	equal(Update!.datagrams, 2);
	ok(Update!.sentBytes + Update!.receivedBytes <= 85, JSON.stringify(Update));
});

test("registered over DTLS with ten observations a board takes 40 KB, and never more than 56 KB", async () => {
	const measured = await MeasuredBoard.prepare(device, presets.nrf9160, preSharedKey);
	const { with10Observations } = await boardSizes(measured, presets.nrf9160);
	measured.close();
	ok(with10Observations.liveBytes <= 40 * 1024, `${with10Observations.liveBytes} bytes`);
	ok(with10Observations.highWaterBytes <= 56 * 1024, `${with10Observations.highWaterBytes} bytes`);
	ok(with10Observations.liveBytes > 20 * 1024, "nothing was measured");
});

test("bench --dtls says what a client costs on XS, the same each time", async () => {
	const { status, stdout } = await inProcess("bench", "--dtls", "--json");
	equal(status, 0);
	const bench = JSON.parse(stdout) as DtlsBench;
	ok(bench.handshakes.length > 5 && bench.overheads.length === 3 && bench.operations.Update!.turns > 0);
	const work = await clientWork(device.engine);
	deepEqual(bench.clients, work);
	for (const { name, crypto, handshake, receive, send, established, shaking } of work) {
		const isPlausible = handshake > receive && receive > 1000 && send > 1000;
		ok(isPlausible && shaking.bytes > established.bytes && established.bytes > 1000, `${name}, ${crypto}`);
	}
	const [accelerated, portable] = ["accelerator", "portable"].map(
		(kind) => work.find(({ crypto }) => crypto === kind)!,
	);
	ok(portable!.handshake > 5 * accelerated!.handshake, "the portable cryptography is for free");
	const text = lines(bench).join("\n");
	ok(text.includes("HelloVerifyRequest") && text.includes("Update") && !/undefined|NaN/.test(text), text);
});

test("an application without DTLS has none of it in its image, nor cryptography", async () => {
	const names = ["CoAP alone", "LwM2M without DTLS", "DTLS client alone"];
	const folders = (await measureCompositions(device.engine, names)).map(({ folders }) => folders);
	deepEqual(folders, [["coap"], ["crypto", "dtls"], ["coap", "formats", "lwm2m", "objects"]]);
});

test("bench --lwm2m says what requests and objects cost on XS, the same each time", async () => {
	const { status, stdout } = await inProcess("bench", "--lwm2m", "--json");
	equal(status, 0);
	const bench = JSON.parse(stdout) as Lwm2mBench;
	deepEqual(await lwm2mBench(device.engine), bench);
	ok(bench.requests.every(({ computrons }) => computrons > 1_000 && computrons < 150_000));
	ok(bench.heap.every(({ bytes }) => bytes > 0 && bytes < 2_000));
});

test("the Device object with Anjay's 20 resources: as many bytes of TLV, and fewer of the rest", async () => {
	const { deviceObjectBytes, registrationBytes } = await lwm2mBench(device.engine);
	equal(deviceObjectBytes.TLV!.here, 131); // else the values are not the ones to compare
	ok(deviceObjectBytes["LwM2M CBOR"]!.here <= 137);
	ok(deviceObjectBytes["SenML CBOR"]!.here <= 256);
	const bytesOf = (name: string) => registrationBytes.find((each) => each.name.startsWith(name))!.here;
	equal(bytesOf("Register that teaches") - bytesOf("Register, profile ID"), 178, "the list, its marker and its format");
	ok(bytesOf("Register, 21 links") <= 235 && bytesOf("Register, profile ID") <= 73);
	ok(bytesOf("Update") <= 14 && bytesOf("Update, another profile ID") <= 27);
});

test("each module of LwM2M and each object has its bytecode in the sizes, with tables", async () => {
	const parts = await measureParts(device.engine);
	const part = (name: string) => parts.find((each) => each.name === name)!;
	for (const name of ["composite", "access-control", "send"]) ok(part(`lwm2m/${name}`).bytecodeBytes > 500, name);
	ok(part("objects/device-3").tableBytes! > 1_000);
	equal(part("lwm2m/send").tableBytes, undefined);
});

test("feature sets grow from minimal to everything; a budget that is missed is said with its reason", async () => {
	const sets = await measureFeatureSets(device.engine, ["minimal", "everything"]);
	const [minimal, everything] = sets as [FeatureSet, FeatureSet];
	ok(minimal.bytecodeBytes < everything.bytecodeBytes, `${minimal.bytecodeBytes} and ${everything.bytecodeBytes}`);
	for (const { name, bytecodeBytes, separateBytes, modules, ram } of sets) {
		equal(
			modules.reduce((sum, { codeBytes }) => sum + codeBytes, 0),
			separateBytes,
			name,
		);
		ok(bytecodeBytes < separateBytes, `${name}: packed ${bytecodeBytes}, else ${separateBytes}`);
		ok(!modules.some((module) => module.name.startsWith("hosts/")), `${name}: the host is the platform's`);
		ok(
			ram.every(({ with10Observations }) => with10Observations.liveBytes <= 40_960),
			`${name}: ${JSON.stringify(ram.map(({ with10Observations }) => with10Observations.liveBytes))}`,
		);
	}
	ok(
		minimal.modules.every(({ name }) => !/bootstrap-draft|firmware\/updater|trust-path/.test(name)),
		"only what it uses",
	);
	const budgets = budgetsOf(sets);
	ok(budgets.length >= 3, JSON.stringify(budgets));
	for (const { what, isMet, measuredBytes, budgetBytes, reason } of budgets) {
		equal(isMet, measuredBytes <= budgetBytes, what);
		equal(reason === undefined, isMet, what);
	}
	ok(peers.every(({ source, flashBytes }) => source.length > 10 && (flashBytes ?? 0) > 0));
});
