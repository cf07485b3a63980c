import { toHex } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { deepEqual, equal, test } from "../../harness.ts";
import cbor from "../../vectors/cbor.json" with { type: "json" };
import lwm2mCbor from "../../vectors/lwm2m-cbor.json" with { type: "json" };
import lwm2mJson from "../../vectors/lwm2m-json.json" with { type: "json" };
import senmlCbor from "../../vectors/senml-cbor.json" with { type: "json" };
import senmlJson from "../../vectors/senml-json.json" with { type: "json" };
import text from "../../vectors/text.json" with { type: "json" };
import tlv from "../../vectors/tlv.json" with { type: "json" };
import { lookupOf, pathOf, payloadOf, readAll, type Vector, vectorsOf, writeAll } from "./vector.ts";

const files = [
	["text", ContentFormat.text, text],
	["cbor", ContentFormat.cbor, cbor],
	["tlv", ContentFormat.tlv, tlv],
	["senml-json", ContentFormat.senmlJson, senmlJson],
	["senml-cbor", ContentFormat.senmlCbor, senmlCbor],
	["lwm2m-cbor", ContentFormat.lwm2mCbor, lwm2mCbor],
	["lwm2m-json", ContentFormat.lwm2mJson, lwm2mJson],
] as const;

/** An ID in front of a vector's name stays in front of the test's. */
function named(file: string, vector: Vector): string {
	const id = vector.name.startsWith("[") ? vector.name.indexOf("] ") + 2 : 0;
	return `${vector.name.slice(0, id)}formats ${file}: ${vector.name.slice(id)}`;
}

for (const [file, contentFormat, vectors] of files) {
	for (const vector of vectorsOf(vectors)) {
		test(named(file, vector), () => {
			const base = pathOf(vector.base);
			const bytes = payloadOf(vector);
			deepEqual(readAll(contentFormat, bytes, base, lookupOf(vector)), vector.fault ?? vector.entries);
			if (vector.way !== undefined || vector.entries === undefined) return;
			equal(toHex(writeAll(contentFormat, base, vector.entries)), toHex(bytes), "written");
		});
	}
}
