/**
 * Compares `size` bytes of two secrets, from a[aAt] and b[bAt], in a time that depends on `size` alone: all bytes are
 * looked at, wherever the first difference is.
 */
export function equalSecret(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, size: number): boolean {
	let difference = 0;
	for (let index = 0; index < size; index++) difference |= a[aAt + index]! ^ b[bAt + index]!;
	return difference === 0;
}
