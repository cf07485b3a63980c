/**
 * What a table of facts promises an application, the compiler keeps. Each case is a few lines of an application, with
 * the compiler's errors for them: none, or the one that it must say.
 */
import { deepEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../../../../..", import.meta.url));

const notAssignable = 2322;
const wrongArgument = 2345;
const noSuchProperty = 2353;
const misspelt = 2561;

interface Case {
	readonly name: string;
	readonly text: string;
	/** Codes of the compiler's errors of which one must be said; empty for none. */
	readonly errors: readonly number[];
}

const head = `
import { ObjectInstance } from "./modules/lwm2m/instance.ts";
import { History } from "./modules/lwm2m/history.ts";
import { TEMPERATURE } from "./modules/objects/facts/temperature-3303.ts";
import { LIGHT_CONTROL } from "./modules/objects/facts/light-control-3311.ts";
import { DEVICE } from "./modules/objects/facts/device-3-v1-2.ts";
import { SOFTWARE_MANAGEMENT } from "./modules/objects/facts/software-management-9.ts";
export declare const history: History;
export const sensor = new ObjectInstance(TEMPERATURE, { values: { sensorValue: 21.5, sensorUnits: "Cel" } });
export const device = new ObjectInstance(DEVICE, { values: { errorCode: [0] } });
`;

const cases: readonly Case[] = [
	{ name: "a value of its type", text: `sensor.set("sensorValue", 21.5);`, errors: [] },
	{
		name: "a value comes with its type",
		text: `export const it: number | undefined = sensor.get("sensorValue");`,
		errors: [],
	},
	{ name: "a string for a float", text: `sensor.set("sensorValue", "21.5");`, errors: [wrongArgument] },
	{ name: "a name that is none", text: `sensor.set("sensorvalue", 21.5);`, errors: [wrongArgument] },
	{ name: "a value of an executable", text: `sensor.set("resetMinAndMaxMeasuredValues", 1);`, errors: [wrongArgument] },
	{ name: "a bigint where 53 bits are", text: `sensor.set("timestamp", 5n);`, errors: [wrongArgument] },
	{
		name: "a value that is taken for another",
		text: `export const it: string = sensor.get("sensorValue") ?? 0;`,
		errors: [notAssignable],
	},
	{
		name: "values by name",
		text: `new ObjectInstance(LIGHT_CONTROL, { values: { onOff: false, dimmer: 40 } });`,
		errors: [],
	},
	{
		name: "values of a name that is none",
		text: `new ObjectInstance(LIGHT_CONTROL, { values: { onOf: false } });`,
		errors: [misspelt],
	},
	{
		name: "values of another type",
		text: `new ObjectInstance(LIGHT_CONTROL, { values: { onOff: 1 } });`,
		errors: [notAssignable],
	},
	{ name: "several instances, as a list", text: `device.set("errorCode", [1, 2]);`, errors: [] },
	{ name: "several instances, as a map", text: `device.set("errorCode", new Map([[3, 1]]));`, errors: [] },
	{ name: "one value where several are", text: `device.set("errorCode", 1);`, errors: [wrongArgument] },
	{ name: "several values where one is", text: `device.set("batteryLevel", [1]);`, errors: [wrongArgument] },
	{ name: "an object link", text: `device.set("extDevInfo", [{ objectId: 25, instanceId: 0 }]);`, errors: [] },
	{
		name: "a written hook",
		text: `new ObjectInstance(LIGHT_CONTROL, { written: { onOff: (on) => void (on === true) } });`,
		errors: [],
	},
	{
		name: "a written hook of what no server writes",
		text: `new ObjectInstance(TEMPERATURE, { written: { sensorValue: () => {} } });`,
		errors: [noSuchProperty],
	},
	{
		name: "a hook of the wrong type",
		text: `new ObjectInstance(LIGHT_CONTROL, { written: { onOff: (on: string) => void on } });`,
		errors: [notAssignable],
	},
	{
		name: "an execute hook",
		text: `new ObjectInstance(TEMPERATURE, { execute: { resetMinAndMaxMeasuredValues: (it) => it.id }  });`,
		errors: [],
	},
	{
		name: "an execute hook of a value",
		text: `new ObjectInstance(TEMPERATURE, { execute: { sensorValue: () => {} } });`,
		errors: [noSuchProperty],
	},
	{ name: "a read hook", text: `new ObjectInstance(TEMPERATURE, { read: { sensorValue: () => 21.5 } });`, errors: [] },
	{
		name: "a read hook of the wrong type",
		text: `new ObjectInstance(TEMPERATURE, { read: { sensorValue: () => "21.5" } });`,
		errors: [notAssignable],
	},
	{
		name: "a read hook that returns a list",
		text: `new ObjectInstance(DEVICE, { read: { errorCode: () => new Map([[0, 1]]) } });`,
		errors: [],
	},
	{ name: "a history", text: `new ObjectInstance(TEMPERATURE, { history: { sensorValue: history } });`, errors: [] },
	{
		name: "a history of many instances",
		text: `new ObjectInstance(DEVICE, { history: { errorCode: history } });`,
		errors: [notAssignable, noSuchProperty],
	},
	{
		name: "a check of what is only written",
		text: `new ObjectInstance(SOFTWARE_MANAGEMENT, { check: { packageUri: (uri) => void uri.length } });`,
		errors: [],
	},
];

/** The codes of the errors in each case: one program for all, each case a file that is nowhere on the disk. */
function errorsOf(list: readonly Case[]): number[][] {
	const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
	const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
	const names = list.map((_, index) => join(root, `case-${index}.ts`));
	const texts = new Map(list.map(({ text }, index) => [names[index]!, head + text]));
	const host = ts.createCompilerHost(options);
	const { readFile, fileExists, getSourceFile } = host;
	host.fileExists = (name) => texts.has(name) || fileExists.call(host, name);
	host.readFile = (name) => texts.get(name) ?? readFile.call(host, name);
	host.getSourceFile = (name, language, ...more) => {
		const text = texts.get(name);
		return text === undefined
			? getSourceFile.call(host, name, language, ...more)
			: ts.createSourceFile(name, text, language);
	};
	const program = ts.createProgram(names, { ...options, noUnusedLocals: false }, host);
	return names.map((name) => program.getSemanticDiagnostics(program.getSourceFile(name)).map(({ code }) => code));
}

test("names, types and multiplicity of a table hold when an application is compiled", () => {
	const found = errorsOf(cases);
	const broken = cases.flatMap(({ name, errors }, index) => {
		const codes = found[index]!;
		const isAsExpected = errors.length === 0 ? codes.length === 0 : codes.some((code) => errors.includes(code));
		return isAsExpected ? [] : [`${name}: ${codes.join(" ") || "no error"}`];
	});
	deepEqual(broken, []);
	ok(cases.some(({ errors }) => errors.length > 0) && cases.some(({ errors }) => errors.length === 0));
});
