import type { ResourceType } from "../node.ts";

/** One field of leshan-bsserver-demo's configuration, and the Resource that it fills. */
export interface Field {
	/** As there, capital letters included. */
	readonly name: string;
	readonly id: number;
	readonly type: ResourceType;
	/** A Resource with several Instances: an array, or for `map` an object from Resource Instance to value. */
	readonly several?: "list" | "map";
	/** Names that stand for numbers. */
	readonly names?: Readonly<Record<string, number>>;
	/** An object link's Object; the field has the Object Instance alone. */
	readonly linkTo?: number;
	/** What Leshan fills in where the field is absent; `null` in the JSON leaves the Resource out. */
	readonly initial?: string | number | boolean | readonly number[];
}

export const securityModes = { PSK: 0, RPK: 1, X509: 2, NO_SEC: 3, EST: 4 } as const;
const smsSecurityModes = { RESERVED: 0, SPS_DEVICE: 1, SPS_SMARTCARD: 2, NO_SEC: 3, PROPRIETARY: 255 };
const matchingTypes = { EXACT_MATCH: 0, SHA256: 1, SHA384: 2, SHA512: 3 };
const certificateUsages = {
	CA_CONSTRAINT: 0,
	SERVICE_CERTIFICATE_CONSTRAINT: 1,
	TRUST_ANCHOR_ASSERTION: 2,
	DOMAIN_ISSUER_CERTIFICATE: 3,
};

/** Object 0 (Core 1.2 Appendix E.1), in the order of Leshan's JSON. */
const security: readonly Field[] = [
	{ name: "uri", id: 0, type: "string" },
	{ name: "bootstrapServer", id: 1, type: "boolean", initial: false },
	{ name: "securityMode", id: 2, type: "integer", names: securityModes },
	{ name: "publicKeyOrId", id: 3, type: "opaque", initial: [] },
	{ name: "serverPublicKey", id: 4, type: "opaque", initial: [] },
	{ name: "secretKey", id: 5, type: "opaque", initial: [] },
	{ name: "smsSecurityMode", id: 6, type: "integer", names: smsSecurityModes, initial: 3 },
	{ name: "smsBindingKeyParam", id: 7, type: "opaque", initial: [] },
	{ name: "smsBindingKeySecret", id: 8, type: "opaque", initial: [] },
	{ name: "serverSmsNumber", id: 9, type: "string", initial: "" },
	{ name: "serverId", id: 10, type: "integer" },
	{ name: "clientOldOffTime", id: 11, type: "integer", initial: 1 },
	{ name: "bootstrapServerAccountTimeout", id: 12, type: "integer", initial: 0 },
	{ name: "oscoreSecurityMode", id: 17, type: "objlnk", linkTo: 21 },
	{ name: "matchingType", id: 13, type: "unsigned_integer", names: matchingTypes },
	{ name: "sni", id: 14, type: "string" },
	{ name: "certificateUsage", id: 15, type: "unsigned_integer", names: certificateUsages },
	{ name: "cipherSuite", id: 16, type: "unsigned_integer", several: "list" },
];

/** Object 1 (Core 1.2 Appendix E.2). What comes after muteSend is ours: Leshan stops at version 1.1. */
const servers: readonly Field[] = [
	{ name: "shortId", id: 0, type: "integer", initial: 0 },
	{ name: "lifetime", id: 1, type: "integer", initial: 86_400 },
	{ name: "defaultMinPeriod", id: 2, type: "integer", initial: 1 },
	{ name: "defaultMaxPeriod", id: 3, type: "integer" },
	{ name: "disableTimeout", id: 5, type: "integer" },
	{ name: "notifIfDisabled", id: 6, type: "boolean", initial: true },
	{ name: "binding", id: 7, type: "string", initial: "U" },
	{ name: "apnLink", id: 10, type: "objlnk", linkTo: 11 },
	{ name: "registrationPriority", id: 13, type: "unsigned_integer" },
	{ name: "initialDelay", id: 14, type: "unsigned_integer" },
	{ name: "registrationFailure", id: 15, type: "boolean" },
	{ name: "bootstrapOnRegistrationFailure", id: 16, type: "boolean" },
	{ name: "communicationRetryCount", id: 17, type: "unsigned_integer" },
	{ name: "CommunicationRetryTimer", id: 18, type: "unsigned_integer" },
	{ name: "SequenceDelayTimer", id: 19, type: "unsigned_integer" },
	{ name: "SequenceRetryCount", id: 20, type: "unsigned_integer" },
	{ name: "trigger", id: 21, type: "boolean" },
	{ name: "preferredTransport", id: 22, type: "string" },
	{ name: "muteSend", id: 23, type: "boolean" },
	{ name: "supportedServerVersions", id: 25, type: "string", several: "list" },
	{ name: "defaultNotificationMode", id: 26, type: "integer" },
	{ name: "profileIdHashAlgorithm", id: 27, type: "unsigned_integer" },
];

/** Object 2 (Core 1.2 Appendix E.3). */
const acls: readonly Field[] = [
	{ name: "objectId", id: 0, type: "integer", initial: 0 },
	{ name: "objectInstanceId", id: 1, type: "integer", initial: 0 },
	{ name: "acls", id: 2, type: "integer", several: "map" },
	{ name: "AccessControlOwner", id: 3, type: "integer" },
];

/** Object 21 (Core 1.2 Appendix E.10, version 2.0). */
const oscore: readonly Field[] = [
	{ name: "oscoreMasterSecret", id: 0, type: "opaque" },
	{ name: "oscoreSenderId", id: 1, type: "opaque" },
	{ name: "oscoreRecipientId", id: 2, type: "opaque" },
	{ name: "oscoreAeadAlgorithm", id: 3, type: "integer" },
	{ name: "oscoreHmacAlgorithm", id: 4, type: "integer" },
	{ name: "oscoreMasterSalt", id: 5, type: "opaque" },
	{ name: "oscoreIdContext", id: 6, type: "opaque" },
];

/** The parts of a configuration in the order in which Leshan writes them. */
export const parts = {
	security: { objectId: 0, fields: security },
	servers: { objectId: 1, fields: servers },
	acls: { objectId: 2, fields: acls },
	oscore: { objectId: 21, fields: oscore },
} as const;

export type PartName = keyof typeof parts;
export const partNames = Object.keys(parts) as PartName[];
