import { fromHex, toHex } from "../../../../modules/bytes.ts";
import type { RequestOptions } from "../../../../modules/coap/peer.ts";
import type { Path } from "../path.ts";
import type { Kept } from "./store.ts";

/** An observation as it is kept. */
export interface ReturnedObservation {
	readonly registrationId: string;
	readonly paths: readonly Path[];
	readonly isComposite: boolean;
	readonly token: Uint8Array;
	/** As it was sent, below the client's alternate path. */
	readonly request: RequestOptions;
}

export function keepObservation({ registrationId, paths, isComposite, token, request }: ReturnedObservation): Kept {
	const { payload, ...rest } = request;
	const body = payload === undefined ? {} : { payload: toHex(payload) };
	return { registrationId, paths, isComposite, token: toHex(token), request: { ...rest, ...body } };
}

export function returnObservation(kept: Kept): ReturnedObservation {
	const { token, request, ...rest } = kept as unknown as Omit<ReturnedObservation, "token" | "request"> & {
		token: string;
		request: Omit<RequestOptions, "payload"> & { readonly payload?: string };
	};
	const { payload, ...options } = request;
	const body = payload === undefined ? {} : { payload: fromHex(payload)! };
	return { ...rest, token: fromHex(token)!, request: { ...options, ...body } };
}
