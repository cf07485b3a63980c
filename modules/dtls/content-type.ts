import { frozen } from "../frozen.ts";

/** What a record carries (RFC 5246 §6.2.1, RFC 9146 §4). */
export const ContentType = frozen({
	changeCipherSpec: 20,
	alert: 21,
	handshake: 22,
	applicationData: 23,
	tls12Cid: 25,
});

/** Is this a type that a record of ours may carry inside? tls12Cid is a wrapping only. */
export function isContentType(type: number): boolean {
	return type >= ContentType.changeCipherSpec && type <= ContentType.applicationData;
}
