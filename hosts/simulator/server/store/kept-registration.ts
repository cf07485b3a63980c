import { fromHex, toHex, utf8 } from "../../../../modules/bytes.ts";
import { CodecFailure } from "../formats/codec-failure.ts";
import { writeLinks } from "../formats/link.ts";
import type { ServerLimits } from "../limits.ts";
import type { Models } from "../models/models.ts";
import { readObjectList } from "../object-list.ts";
import type { RemoteAddress } from "../peer-table.ts";
import { Refusal } from "../refusal.ts";
import type { Registration } from "../registration.ts";
import type { ProvenIdentity } from "../security-store.ts";
import type { Kept } from "./store.ts";

/** A registration as it is kept, and who had proved to be at its address. */
export interface Returned {
	readonly registration: Registration;
	readonly proven: ProvenIdentity | undefined;
}

interface Fields {
	readonly address: RemoteAddress;
	readonly list: string;
	readonly attributes: readonly (readonly [string, string])[];
	readonly proven?: { readonly psk?: string; readonly publicKey?: string; readonly commonName?: string };
}

export function keepRegistration(registration: Registration, proven: ProvenIdentity | undefined): Kept {
	const { id, endpoint, address, registeredMs, updatedMs, lifetimeS, lwm2mVersion } = registration;
	const { binding, queueMode, smsNumber, additionalAttributes, profileIds, links } = registration;
	const { psk, publicKey, commonName } = proven ?? {};
	const identity = {
		...(psk === undefined ? {} : { psk: toHex(psk) }),
		...(publicKey === undefined ? {} : { publicKey: toHex(publicKey) }),
		...(commonName === undefined ? {} : { commonName }),
	};
	return {
		...{ id, endpoint, address, registeredMs, updatedMs, lifetimeS, lwm2mVersion, binding, queueMode, smsNumber },
		profileIds,
		attributes: [...additionalAttributes],
		list: writeLinks(links),
		...(proven === undefined ? {} : { proven: identity }),
	};
}

/** @returns undefined for what is none any more, since the limits have changed */
export function returnRegistration(kept: Kept, limits: ServerLimits, models: Models): Returned | undefined {
	const { list, attributes, proven, ...rest } = kept as unknown as Fields & Omit<Registration, keyof Fields>;
	try {
		const objects = readObjectList(utf8(list), rest.lwm2mVersion, limits.links);
		const additionalAttributes = new Map(attributes);
		const known = { ...rest, address: (kept as unknown as Fields).address, smsNumber: rest.smsNumber ?? undefined };
		const registration = { ...objects, ...known, additionalAttributes, models: models.forClient(objects.versions) };
		return { registration, proven: proven === undefined ? undefined : provenOf(proven) };
	} catch (error) {
		if (error instanceof Refusal || error instanceof CodecFailure) return undefined;
		throw error;
	}
}

function provenOf({ psk, publicKey, commonName }: NonNullable<Fields["proven"]>): ProvenIdentity {
	return {
		...(psk === undefined ? {} : { psk: fromHex(psk)! }),
		...(publicKey === undefined ? {} : { publicKey: fromHex(publicKey)! }),
		...(commonName === undefined ? {} : { commonName }),
	};
}
