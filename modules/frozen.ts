/**
 * Freezes `value` and all that hangs on it, and returns it. Every constant table goes through here, so that the XS
 * linker can
 * keep it in ROM and no module shares state by accident. Views on buffers stay as they are: the language refuses to
 * freeze them.
 */
export function frozen<const T>(value: T): T {
	if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
	Object.freeze(value);
	for (const key of Object.getOwnPropertyNames(value)) frozen((value as Record<string, unknown>)[key]);
	return value;
}
