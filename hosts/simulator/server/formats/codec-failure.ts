/**
 * Bytes that are not what their format says, or a value that a format can not carry. Thrown by the server's
 * codecs, never reaching a client's loop.
 */
export class CodecFailure extends Error {
	override get name() {
		return "CodecFailure";
	}
}

export function refuse(why: string): never {
	throw new CodecFailure(why);
}
