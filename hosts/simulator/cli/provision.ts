import { createPublicKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fromHex, toHex } from "../../../modules/bytes.ts";
import { type BoardName, presets } from "../board/presets.ts";
import { DescriptionRefused, readContent } from "../factory/content.ts";
import { collectionOf, type RecordContent, type RecordSeal, recordOf } from "../factory/record.ts";
import { WrongUsage } from "./arguments.ts";
import { privateKeyIn } from "./credentials.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { grouped } from "./report.ts";

export interface ProvisionOptions {
	readonly file: string;
	readonly output?: string;
	readonly card?: boolean;
	readonly sign?: string;
	readonly hmacKey?: string;
	readonly endpoint?: string;
	readonly serial?: string;
	readonly board?: BoardName;
}

const leastSecretBytes = 16;
const mostSecretBytes = 64;
/** LwM2M Core 1.2 Appendix G.3.3. */
const cardBytesMax = 32_768;

/** `dormouse provision`: a factory's record, or a smart card's file, out of a description. @throws WrongUsage */
export async function run(options: ProvisionOptions, output: Output): Promise<ExitStatus> {
	const { file, card = false, board, output: into, sign, hmacKey } = options;
	if (sign !== undefined && hmacKey !== undefined) throw new WrongUsage("--sign and --hmac-key: choose one");
	if (card && (sign !== undefined || hmacKey !== undefined)) {
		throw new WrongUsage("--card: what lies on a smart card is protected by the card; leave out --sign and --hmac-key");
	}
	const content = { ...read(file), ...named(options) };
	const bytes = card ? cardOf(content) : written(content, sealOf(sign, hmacKey));
	const room = board === undefined || card ? undefined : presets[board].map.factory.sizeBytes;
	if (room !== undefined && bytes.length > room) {
		throw new WrongUsage(`the record has ${grouped(bytes.length)} bytes, the partition of ${board} ${grouped(room)}`);
	}
	if (into !== undefined) save(into, bytes);
	for (const line of described(content, card, bytes.length)) output.out(line);
	if (sign !== undefined) {
		const { x, y } = createPublicKey(privateKeyIn("--sign", sign)).export({ format: "jwk" });
		const point = [x!, y!].map((part) => Buffer.from(part, "base64url").toString("hex")).join("");
		output.out(`  signed; the device wants the point of the key (src/product.ts, factoryPublicPoint): 04${point}`);
	}
	if (into === undefined) output.err("Nothing was written: name a file with --output.");
	else output.err(`Written to ${into}`);
	return 0;
}

function named({ endpoint, serial }: ProvisionOptions): Partial<RecordContent> {
	return {
		...(endpoint === undefined ? {} : { endpointName: endpoint }),
		...(serial === undefined ? {} : { serialNumber: serial }),
	};
}

function read(file: string): RecordContent {
	try {
		return readContent(readFileSync(file, "utf8"), file);
	} catch (error) {
		if (error instanceof DescriptionRefused) throw new WrongUsage(`${file}: ${error.message}`, { cause: error });
		const { code } = error as NodeJS.ErrnoException;
		if (code === undefined) throw error;
		throw new WrongUsage(`${file}: ${code === "ENOENT" ? "there is no such file" : code}`, { cause: error });
	}
}

function cardOf({ instances }: RecordContent): Uint8Array {
	if (instances.length === 0) throw new WrongUsage("--card: there is no server and no bootstrap server to put on it");
	const bytes = collectionOf(instances);
	if (bytes.length > cardBytesMax)
		throw new WrongUsage(`--card: ${grouped(bytes.length)} bytes are more than a file has`);
	return bytes;
}

function written(content: RecordContent, seal: RecordSeal): Uint8Array {
	try {
		return recordOf(content, seal);
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		throw new WrongUsage(`${error.message}, more than a device reads`, { cause: error });
	}
}

function sealOf(sign: string | undefined, hmacKey: string | undefined): RecordSeal {
	if (sign !== undefined) return { kind: "ecdsa", key: privateKeyIn("--sign", sign) };
	if (hmacKey === undefined) return { kind: "none" };
	let text: string;
	try {
		text = readFileSync(hmacKey, "utf8").trim();
	} catch (error) {
		throw new WrongUsage(`--hmac-key: ${hmacKey}: can not be read`, { cause: error });
	}
	const secret = fromHex(text);
	if (secret === undefined || secret.length < leastSecretBytes || secret.length > mostSecretBytes) {
		const wanted = `${leastSecretBytes} to ${mostSecretBytes} bytes in hexadecimal digits`;
		throw new WrongUsage(`--hmac-key: ${hmacKey} has to hold ${wanted}`);
	}
	return { kind: "hmac", secret };
}

function save(file: string, bytes: Uint8Array): void {
	try {
		writeFileSync(file, bytes, { mode: 0o600 }); // there are keys in it
	} catch (error) {
		throw new WrongUsage(`--output: ${file} can not be written: ${(error as Error).message}`, { cause: error });
	}
}

const modes: Readonly<Record<number, string>> = {
	0: "pre-shared key",
	1: "raw public key",
	2: "certificate",
	3: "no keys",
};

/** What is in it, without keys. */
function described(content: RecordContent, isCard: boolean, size: number): string[] {
	const { endpointName, serialNumber, enabler, instances } = content;
	const lines = [`${isCard ? "The file of a smart card" : "A factory's record"}, ${grouped(size)} bytes`];
	const row = (name: string, text: string | undefined) => {
		if (text !== undefined && !isCard) lines.push(`  ${name.padEnd(18)}${text}`);
	};
	row("endpoint", endpointName);
	row("serial number", serialNumber);
	row("LwM2M", enabler);
	for (const { objectId, instanceId, values } of instances) {
		if (objectId !== 0) continue;
		const who = values.get(1) === true ? "bootstrap server" : `server ${values.get(10)}`;
		const own = values.get(3);
		const identity = values.get(2) === 0 && own instanceof Uint8Array ? `, identity ${toHex(own)}` : "";
		lines.push(`  ${who.padEnd(18)}${values.get(0)}, ${modes[values.get(2) as number]}${identity} (/0/${instanceId})`);
	}
	const rights = instances.filter(({ objectId }) => objectId === 2).length;
	if (rights > 0) lines.push(`  ${"access control".padEnd(18)}${rights} Instances`);
	return lines;
}
