import { AssertionFailed, readUtf8 } from "../../../modules/bytes.ts";
import { formats10 } from "../../../modules/formats/formats-1-0.ts";
import { SERVER as SERVER_1_2 } from "../../../modules/objects/facts/server-1-v1-2.ts";
import { deepEqual, equal, test, throws } from "../../harness.ts";
import { type FurnishedOptions, furnished } from "./furniture.ts";

function registerOf(options: FurnishedOptions): { readonly query: readonly string[]; readonly list: string } {
	const { world } = furnished({ isQuiet: true, ...options });
	const { query, payload } = world.start().requests[0]!;
	return { query, list: readUtf8(payload)! };
}

test("[CORE-REG-2] [108] queue mode: a letter of b in 1.0, a parameter without a value since", () => {
	const at = (enabler: "1.0" | "1.1" | "1.2") => registerOf({ enabler, queueMode: true }).query.slice(3);
	deepEqual(at("1.0"), ["b=UQ"]);
	deepEqual(at("1.1"), ["b=U", "Q"]);
	deepEqual(at("1.2"), ["b=U", "Q"]);
});

test("[CORE-REG-2] the SMS number, when there is one", () => {
	deepEqual(registerOf({ smsNumber: "491701234567" }).query.slice(3), ["sms=491701234567"]);
});

test("[CORE-REG-2] parameters of the product stand last, in a Register alone", () => {
	const { world } = furnished({ isQuiet: true, registrationParameters: ["imei=490154203237518", "flag"] });
	world.start();
	deepEqual(world.requests[0]!.query, ["ep=ep", "lt=300", "lwm2m=1.1", "imei=490154203237518", "flag"]);
	world.client.update(1);
	world.settle();
	deepEqual(world.requests[1]!.query, []);
});

test("[CORE-REG-2] parameters that no server could take are a bug of the product's", () => {
	for (const wrong of [["ep=x"], ["Q"], ["pid=6:1"], ["a=1", "a=2"], [""], ["=x"], [`a=${"x".repeat(254)}`]]) {
		throws(
			() => furnished({ registrationParameters: wrong }).world.start(),
			(error) => error instanceof AssertionFailed,
		);
	}
});

test("[CORE-REG-2] the root link tells the formats of the version that is spoken, if the product wants that", () => {
	const at = (enabler: "1.0" | "1.1" | "1.2") =>
		registerOf({ enabler, tellsFormats: true, serverFacts: SERVER_1_2 }).list.split(",")[0];
	equal(at("1.1"), '</>;rt="oma.lwm2m";ct="60 110 112 11542"');
	equal(at("1.2"), '</>;rt="oma.lwm2m";ct="60 110 112 320 322 11542 11544"');
	equal(at("1.0"), '</>;rt="oma.lwm2m"');
	const old = registerOf({ enabler: "1.0", tellsFormats: true, formats: formats10 });
	equal(old.list.split(",")[0], '</>;rt="oma.lwm2m";ct=11543');
});

test("[RD-1] the versions of several Objects at once: those that the enabler does not imply", () => {
	const made = (id: number, version: string) => ({ id, version, multiple: true as const, resources: {} });
	const options: FurnishedOptions = {
		enabler: "1.2",
		serverFacts: SERVER_1_2,
		furnish(client) {
			client.addObject(made(9001, "1.0"));
			client.addObject(made(9002, "2.1"));
			client.addObject(made(9003, "1.1"));
		},
	};
	equal(registerOf(options).list, "</1/0>,</3>;ver=1.1,</3/0>,</9001>,</9002>;ver=2.1,</9003>;ver=1.1");
});
