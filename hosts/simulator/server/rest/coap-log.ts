import type { ServerEvents } from "../events.ts";
import { codeName, type WireMessage } from "../wire.ts";

/** Names, formats and forms of options as Californium's log has them, which is where Leshan takes them from. */
const options: Readonly<Record<number, readonly [name: string, form: "text" | "number" | "hex" | "format" | "block"]>> =
	{
		1: ["If-Match/OPAQUE", "hex"],
		3: ["Uri-Host/STRING", "text"],
		4: ["ETag/OPAQUE", "hex"],
		5: ["If-None-Match/EMPTY", "hex"],
		6: ["Observe/INTEGER", "number"],
		7: ["Uri-Port/INTEGER", "number"],
		8: ["Location-Path/STRING", "text"],
		9: ["Object-Security/OPAQUE", "hex"],
		11: ["Uri-Path/STRING", "text"],
		12: ["Content-Format/INTEGER", "format"],
		14: ["Max-Age/INTEGER", "number"],
		15: ["Uri-Query/STRING", "text"],
		17: ["Accept/INTEGER", "format"],
		20: ["Location-Query/STRING", "text"],
		23: ["Block2/INTEGER", "block"],
		27: ["Block1/INTEGER", "block"],
		28: ["Size2/INTEGER", "number"],
		60: ["Size1/INTEGER", "number"],
		252: ["Echo/OPAQUE", "hex"],
		258: ["No-Response/INTEGER", "number"],
		292: ["Request-Tag/OPAQUE", "hex"],
	};

const mediaTypes: Readonly<Record<number, string>> = {
	0: "text/plain",
	40: "application/link-format",
	42: "application/octet-stream",
	60: "application/cbor",
	110: "application/senml+json",
	112: "application/senml+cbor",
	11542: "application/vnd.oma.lwm2m+tlv",
	11543: "application/vnd.oma.lwm2m+json",
};

function unsigned(bytes: Uint8Array): number {
	return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

function optionText(form: string, value: Uint8Array): string {
	switch (form) {
		case "text":
			return JSON.stringify(new TextDecoder().decode(value));
		case "number":
			return String(unsigned(value));
		case "format":
			return JSON.stringify(mediaTypes[unsigned(value)] ?? `unknown/${unsigned(value)}`);
		case "block": {
			const bits = unsigned(value);
			return `(szx=${bits & 7}/${16 << (bits & 7)}, m=${(bits & 8) !== 0}, num=${bits >> 4})`;
		}
		default:
			return `0x${Buffer.from(value).toString("hex")}`;
	}
}

function optionsText(message: WireMessage): string {
	const byName = new Map<string, string[]>();
	for (const { number, value } of message.options) {
		const [name, form] = options[number] ?? [`Unknown (${number})`, "hex"];
		byName.set(name, [...(byName.get(name) ?? []), optionText(form, value)]);
	}
	return [...byName].map(([name, values]) => `${name}: ${values.join(", ")}`).join(" - ");
}

function payloadText(payload: Uint8Array): string {
	const isPrintable = payload.every((byte) => byte >= 0x20 && byte < 0x7f);
	return isPrintable ? Buffer.from(payload).toString("latin1") : `Hex:${Buffer.from(payload).toString("hex")}`;
}

/** The data of a COAPLOG event. */
export function coapLogToJson({ endpoint, incoming, wallTimeMs, message }: ServerEvents["coap"]): unknown {
	const code = codeName(message.code);
	return {
		timestamp: wallTimeMs,
		incoming,
		type: message.type,
		...(code === undefined ? {} : { code }),
		mId: message.messageId,
		token: Buffer.from(message.token).toString("hex").toUpperCase(),
		...(message.options.length === 0 ? {} : { options: optionsText(message) }),
		...(message.payload.length === 0 ? {} : { payload: payloadText(message.payload) }),
		ep: endpoint,
	};
}
