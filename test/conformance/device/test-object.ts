import { frozen } from "../../../modules/frozen.ts";
import type { Log } from "../../../modules/host.ts";
import type { Client } from "../../../modules/lwm2m/client.ts";
import type { Argument } from "../../../modules/lwm2m/execute-arguments.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { path } from "../../../modules/lwm2m/path.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { V1_1_TEST_OBJECT } from "./facts/v1-1-test-object-3442.ts";

type Test = ObjectInstance<typeof V1_1_TEST_OBJECT>;

/** How many Instances there may be: IDs below it. */
const limit = 4;

const opaque = frozen([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
const twoTo63 = 0x8000000000000000n;
const initialFloat = 314_159 / 100_000; // of the definition, not the constant
const newYear2000 = 946_684_800;
const device = frozen({ objectId: 3, instanceId: 0 });

/** The values that the Object's definition wants at the beginning. */
const initial = () => ({
	stringValue: "initial value",
	integerValue: 1024,
	unsignedIntegerValue: twoTo63,
	floatValue: initialFloat,
	booleanValue: true,
	opaqueValue: new Uint8Array(opaque),
	timeValue: newYear2000,
	objLinkValue: device,
	coreLnkValue: "</3442>",
	multipleStringValue: ["initial value"],
	multipleIntegerValue: [1024],
	multipleUnsignedIntegerValue: [twoTo63],
	multipleFloatValue: [initialFloat],
	multipleBooleanValue: [true],
	multipleOpaqueValue: [new Uint8Array(opaque)],
	multipleTimeValue: [newYear2000],
	multipleObjLinkValue: [device],
	multipleCoreLnkValue: ["</3442>"],
});

function reset(it: Test): void {
	const values: { readonly [name: string]: unknown } = initial();
	for (const name in values) it.set(name as "stringValue", values[name] as string);
}

/** "0", or "0='text'": one text for each argument. */
const spelt = ({ digit, text }: Argument) => (text === undefined ? `${digit}` : `${digit}='${text}'`);

/** Argument 0: the Content-Format; 1: with past values; 2: wait for the registration; 3: so many seconds from now. */
function sendData(client: Client, log: Log, it: Test, args: readonly Argument[]): void {
	const has = (digit: number) => args.some((argument) => argument.digit === digit);
	const format = args.find(({ digit }) => digit === 0)?.text;
	const paths = [...(it.get("resourcesToSend") ?? []).values()].map((text) => {
		const [objectId = 0, instanceId, resourceId, resourceInstanceId] = text.split("/").slice(1).map(Number);
		return path(objectId, instanceId, resourceId, resourceInstanceId);
	});
	const options = {
		withHistory: has(1),
		isDeferred: has(2),
		...(format === undefined ? {} : { format: Number(format) }),
	};
	client.send("all", paths, options, ({ shortServerId, outcome, code }) => {
		log.write({ event: "sendEnded", server: shortServerId, outcome, code });
	});
}

/** Eclipse's test object: every data type, alone and in numbers; servers create and delete Instances. */
export function testObject(client: Client, log: Log): void {
	const made = (id: number, isOurs: boolean): Test =>
		new ObjectInstance(V1_1_TEST_OBJECT, {
			id,
			values: { argumentsList: [], resourcesToSend: ["/3/0"], ...(isOurs ? initial() : absent) },
			execute: {
				resetValues: reset,
				sendData(it, args) {
					const wait = args.find(({ digit }) => digit === 3)?.text;
					if (wait === undefined) sendData(client, log, it, args);
					else client.after(Number(wait) * 1000, () => sendData(client, log, it, args));
				},
				execWithArguments: (it, args) => it.set("argumentsList", args.map(spelt)),
			},
		});
	client.addObject(V1_1_TEST_OBJECT, {
		create(id) {
			if (id >= limit) throw new RequestRefused(0x85, "no room");
			return made(id, false);
		},
		remove() {},
	});
	client.add(made(0, true));
}

/** All that a server may write into a new Instance. */
const absent = frozen({
	stringValue: undefined,
	integerValue: undefined,
	unsignedIntegerValue: undefined,
	floatValue: undefined,
	booleanValue: undefined,
	opaqueValue: undefined,
	timeValue: undefined,
	objLinkValue: undefined,
	coreLnkValue: undefined,
	multipleStringValue: undefined,
	multipleIntegerValue: undefined,
	multipleUnsignedIntegerValue: undefined,
	multipleFloatValue: undefined,
	multipleBooleanValue: undefined,
	multipleOpaqueValue: undefined,
	multipleTimeValue: undefined,
	multipleObjLinkValue: undefined,
	multipleCoreLnkValue: undefined,
});
