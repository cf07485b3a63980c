import { frozen } from "../../../../modules/frozen.ts";
import type { ObjectFacts } from "../../../../modules/lwm2m/facts.ts";

/** LwM2M v1.1 Test Object, Object 3442, version 1.0: made from OMA's XML by `dormouse object`; only `wide` is
 * by hand. */
export const V1_1_TEST_OBJECT = frozen({
	id: 3442,
	version: "1.0",
	lwm2mVersion: "1.1",
	multiple: true,
	resources: {
		resetValues: { id: 0, operations: "E" },
		randomizeValues: { id: 1, operations: "E" },
		clearValues: { id: 2, operations: "E" },
		execWithArguments: { id: 3, operations: "E" },
		argumentsList: { id: 4, operations: "R", type: "string", multiple: true },
		sendData: { id: 5, operations: "E" },
		resourcesToSend: { id: 6, operations: "RW", type: "string", multiple: true },
		stringValue: { id: 110, operations: "RW", type: "string" },
		integerValue: { id: 120, operations: "RW", type: "integer", wide: true },
		unsignedIntegerValue: { id: 125, operations: "RW", type: "unsignedInteger", wide: true },
		floatValue: { id: 130, operations: "RW", type: "float" },
		booleanValue: { id: 140, operations: "RW", type: "boolean" },
		opaqueValue: { id: 150, operations: "RW", type: "opaque" },
		timeValue: { id: 160, operations: "RW", type: "time" },
		objLinkValue: { id: 170, operations: "RW", type: "objectLink" },
		coreLnkValue: { id: 180, operations: "RW", type: "coreLink" },
		multipleStringValue: { id: 1110, operations: "RW", type: "string", multiple: true },
		multipleIntegerValue: { id: 1120, operations: "RW", type: "integer", multiple: true, wide: true },
		multipleUnsignedIntegerValue: { id: 1125, operations: "RW", type: "unsignedInteger", multiple: true, wide: true },
		multipleFloatValue: { id: 1130, operations: "RW", type: "float", multiple: true },
		multipleBooleanValue: { id: 1140, operations: "RW", type: "boolean", multiple: true },
		multipleOpaqueValue: { id: 1150, operations: "RW", type: "opaque", multiple: true },
		multipleTimeValue: { id: 1160, operations: "RW", type: "time", multiple: true },
		multipleObjLinkValue: { id: 1170, operations: "RW", type: "objectLink", multiple: true },
		multipleCoreLnkValue: { id: 1180, operations: "RW", type: "coreLink", multiple: true },
	},
}) satisfies ObjectFacts;
