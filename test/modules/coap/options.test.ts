import { utf8 } from "../../../modules/bytes.ts";
import { OptionNumber } from "../../../modules/coap/option.ts";
import { isNoCacheKey, isUnsafe, stringOption, uintOption } from "../../../modules/coap/option-value.ts";
import { deepEqual, test } from "../../harness.ts";
import { Scene } from "./scene.ts";

test("unsafe and NoCacheKey, as the registry has them (RFC 7252 Table 4, RFC 7641, 7959, 9175, 7967)", () => {
	const unsafe = ["uriHost", "observe", "uriPort", "uriPath", "maxAge", "uriQuery", "block2", "block1", "proxyUri"];
	const expected = [...unsafe, "proxyScheme", "noResponse"];
	const noCacheKey = ["size2", "size1", "echo"];
	const found: string[] = [];
	const keyless: string[] = [];
	for (const [name, number] of Object.entries(OptionNumber)) {
		if (isUnsafe(number)) found.push(name);
		else if (isNoCacheKey(number)) keyless.push(name);
	}
	const known = Object.keys(OptionNumber);
	deepEqual(
		found.filter((name) => name !== "hopLimit" && !name.startsWith("q")),
		known.filter((name) => expected.includes(name)),
	);
	deepEqual(
		keyless,
		known.filter((name) => noCacheKey.includes(name)),
	);
});

test("options as values: the shortest uint, UTF-8", () => {
	deepEqual(uintOption(60, 0).value, new Uint8Array(0));
	deepEqual(uintOption(60, 0xffffffff).value, new Uint8Array([255, 255, 255, 255]));
	deepEqual(uintOption(60, 0x10203).value, new Uint8Array([1, 2, 3]));
	deepEqual(stringOption(3, "grüß").value, utf8("grüß"));
});

test("further options of a request and of a response, before, between and behind the others", () => {
	const options = [uintOption(2048, 9), stringOption(OptionNumber.uriHost, "h"), uintOption(13, 1), uintOption(13, 2)];
	const stage = new Scene();
	stage.peer.request({ code: 1, path: ["a"], accept: 60, options }, 0);
	stage.sends("CON 0.01 #0 0001 /a 3=104 13=1 13=2 accept=60 2048=9");
	stage.answer = (request, nowMs) =>
		stage.peer.respond(request, { code: 0x45, contentFormat: 0, options, payload: utf8("x") }, nowMs);
	stage.hears("CON 0.01 #5 aa").sends('ACK 2.05 #5 aa 3=104 cf=0 13=1 13=2 2048=9 "x"');
	stage.peer.request({ code: 1, options: [{ number: 3000, value: new Uint8Array(2000) }] }, 0);
	stage.at(0).tells("requested 0.01 /", "failed 2 tooLarge");
});

test("a request for a proxy is answered 5.05, Confirmable or not (RFC 7252 §5.10.2)", () => {
	for (const option of ["35=hex:636f61703a2f2f78", "39=hex:636f6170"]) {
		const stage = new Scene();
		stage.hears(`CON 0.01 #5 aa ${option}`).sends("ACK 5.05 #5 aa").silent();
		stage.hears(`NON 0.01 #6 ab ${option}`).sends("NON 5.05 #0 ab").silent().tells();
		stage.hears("NON 0.01 #7 ac 2049=1").silent().tells();
	}
});

test("a notification goes out Confirmable after a day; acknowledged, a day counts anew (RFC 7641 §4.5)", () => {
	const dayMs = 86_400_000;
	const stage = new Scene();
	stage.answer = (request, nowMs) => stage.peer.respond(request, { code: 0x45, observe: 1 }, nowMs);
	stage.at(1000).hears("CON 0.01 #5 aa /o obs=0").sends("ACK 2.05 #5 aa obs=1");
	const notify = (observe: number) =>
		stage.peer.notify(new Uint8Array([0xaa]), { code: 0x45, observe }, "nonConfirmable", stage.nowMs);
	notify(2);
	stage.sends("NON 2.05 #0 aa obs=2").at(dayMs + 999);
	notify(3);
	stage.sends("NON 2.05 #1 aa obs=3").at(dayMs + 1000);
	notify(4);
	stage
		.sends("CON 2.05 #2 aa obs=4")
		.at(dayMs + 2000)
		.hears("ACK 0.00 #2");
	notify(5);
	stage.sends("NON 2.05 #3 aa obs=5").at(2 * dayMs + 1999);
	notify(6);
	stage.sends("NON 2.05 #4 aa obs=6").at(2 * dayMs + 2000);
	notify(7);
	stage.sends("CON 2.05 #5 aa obs=7");
	const never = new Scene({ tuning: { confirmEveryMs: Number.POSITIVE_INFINITY } });
	never.answer = (request, nowMs) => never.peer.respond(request, { code: 0x45, observe: 1 }, nowMs);
	never
		.hears("CON 0.01 #5 aa /o obs=0")
		.skip()
		.at(9 * dayMs);
	never.peer.notify(new Uint8Array([0xaa]), { code: 0x45, observe: 2 }, "nonConfirmable", never.nowMs);
	never.sends("NON 2.05 #0 aa obs=2");
	never.peer.notify(new Uint8Array([0xbb]), { code: 0x45, observe: 2 }, "nonConfirmable", never.nowMs);
	never.sends("NON 2.05 #1 bb obs=2");
});
