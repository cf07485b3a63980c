/** The TypeScript of the READMEs for application authors compiles, with what they leave out put in front. */
import { deepEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** What the examples take for granted. */
const before = `
import type { Host } from "./modules/host.ts";
import { AccessControl } from "./modules/lwm2m/access-control.ts";
import { maxId } from "./modules/lwm2m/access-entry.ts";
import { Client } from "./modules/lwm2m/client.ts";
import { History } from "./modules/lwm2m/history.ts";
import { ObjectInstance } from "./modules/lwm2m/instance.ts";
import { RequestRefused } from "./modules/lwm2m/refusal.ts";
import { accessControl, Rights } from "./modules/objects/access-control-2.ts";
import { LIGHT_CONTROL } from "./modules/objects/facts/light-control-3311.ts";
declare const client: Client;
declare const host: Host;
declare const relay: { set(on: boolean): void };
declare const meter: { read(): number };
declare function secondsOn(): number;
declare function limit(): number;
export { AccessControl, maxId, Client, History, ObjectInstance, RequestRefused, accessControl, Rights, LIGHT_CONTROL };
`;

/** The blocks of TypeScript in a document. */
function blocksOf(document: string): string[] {
	const text = readFileSync(join(root, document), "utf8");
	return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block!);
}

/** What the compiler says of each example, with the settings of the device's own code. */
function complaintsOf(examples: readonly string[]): string[][] {
	const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
	const lax = { ...config.compilerOptions, noUnusedLocals: false, noUnusedParameters: false };
	const { options } = ts.convertCompilerOptionsFromJson(lax, root);
	const files = new Map(examples.map((text, index) => [join(root, `example-${index}.ts`), before + text]));
	const host = ts.createCompilerHost(options);
	const { getSourceFile, fileExists } = host;
	host.fileExists = (name) => files.has(name) || fileExists(name);
	host.getSourceFile = (name, language) => {
		const text = files.get(name);
		return text === undefined ? getSourceFile(name, language) : ts.createSourceFile(name, text, language);
	};
	const program = ts.createProgram([...files.keys()], options, host);
	return [...files.keys()].map((name) => {
		const file = program.getSourceFile(name)!;
		const diagnostics = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
		return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
	});
}

/** What the example of sleep takes for granted beside that. */
const beforeSleep = `
import type { ClientOptions } from "./modules/lwm2m/client-options.ts";
import { type Keeper, Loop } from "./modules/lwm2m/loop.ts";
import { path } from "./modules/lwm2m/path.ts";
import { POWER_MEASUREMENT } from "./modules/objects/facts/power-measurement-3305.ts";
import type { Retention } from "./modules/sleep/retention.ts";
import { Sleeper } from "./modules/sleep/sleeper.ts";
import { WakePlan } from "./modules/sleep/wake-plan.ts";
declare const options: ClientOptions;
declare const retention: Keeper & Retention;
declare function tally(object: number | undefined, bytes: number, awakeMs: number): void;
`;

test("[CORE-Q-1] the example of sleep compiles; a wrong name does not", () => {
	const [block = ""] = blocksOf("modules/sleep/README.md");
	ok(block.includes("new Sleeper("));
	const [good, bad] = complaintsOf([beforeSleep + block, beforeSleep + block.replace("withinMs", "within")]);
	deepEqual(good, []);
	ok(bad!.length > 0);
});

test("[CORE-OBJ-1] the READMEs' examples of objects and access control compile; a wrong name or type does not", () => {
	const documents = ["README.md", "modules/lwm2m/README.md"];
	const blocks = documents.flatMap(blocksOf).filter((block) => block.includes("client.add("));
	ok(blocks.length >= 3, `${blocks.length} examples`);
	const wrong = ["dimer: 1", 'dimmer: "1"'].map(
		(value) => `new ObjectInstance(LIGHT_CONTROL, { values: { ${value} } });`,
	);
	const complaints = complaintsOf([...blocks, ...wrong]);
	blocks.forEach((block, index) => {
		deepEqual(complaints[index], [], block);
	});
	for (const each of complaints.slice(blocks.length)) ok(each.length > 0);
});
