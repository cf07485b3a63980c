import { frozen } from "../frozen.ts";

/**
 * CoAP codes (RFC 7252 §12.1, RFC 7959 §6, RFC 8132 §6, RFC 8768 §5): the class stands in the upper three bits, the
 * detail in the lower five.
 */
export const Code = frozen({
	empty: 0x00,
	get: 0x01,
	post: 0x02,
	put: 0x03,
	delete: 0x04,
	fetch: 0x05,
	patch: 0x06,
	ipatch: 0x07,
	created: 0x41,
	deleted: 0x42,
	valid: 0x43,
	changed: 0x44,
	content: 0x45,
	continue: 0x5f,
	badRequest: 0x80,
	unauthorized: 0x81,
	badOption: 0x82,
	forbidden: 0x83,
	notFound: 0x84,
	methodNotAllowed: 0x85,
	notAcceptable: 0x86,
	requestEntityIncomplete: 0x88,
	conflict: 0x89,
	preconditionFailed: 0x8c,
	requestEntityTooLarge: 0x8d,
	unsupportedContentFormat: 0x8f,
	unprocessableEntity: 0x96,
	tooManyRequests: 0x9d,
	internalServerError: 0xa0,
	notImplemented: 0xa1,
	badGateway: 0xa2,
	serviceUnavailable: 0xa3,
	gatewayTimeout: 0xa4,
	proxyingNotSupported: 0xa5,
	hopLimitReached: 0xa8,
});

/** The code as the RFC writes it (§3): 0x45 is "2.05". */
export function codeText(code: number): string {
	const detail = code & 0x1f;
	return `${code >> 5}.${detail < 10 ? "0" : ""}${detail}`;
}

/** A code of class 0 other than 0.00, known to us or not. */
export function isRequestCode(code: number): boolean {
	return code > 0 && code < 0x20;
}

/** A success: class 2. Everything else a Response may carry is an error. */
export function isSuccess(code: number): boolean {
	return code >> 5 === 2;
}

/**
 * Whether executing a request twice does the same as executing it once (RFC 7252 §5.8, RFC 8132 §2 to §4). Unknown
 * methods are not.
 */
export function isIdempotent(code: number): boolean {
	return isRequestCode(code) && code <= Code.ipatch && code !== Code.post && code !== Code.patch;
}
